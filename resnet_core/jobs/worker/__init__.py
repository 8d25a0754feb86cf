"""The worker process: the only part of the jobs that imports torch."""
