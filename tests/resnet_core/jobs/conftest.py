from tests.small_runs import engine, experiment, small_data, uninterrupted

__all__ = ["engine", "experiment", "small_data", "uninterrupted"]
