"""Pure functions from telemetry to plotly figures."""
