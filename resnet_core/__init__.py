"""The science of Residual Playground: networks, training, telemetry, jobs. No interface."""
