"""The anatomy of networks: layers, shapes, parameters and cost by arithmetic, without torch."""
