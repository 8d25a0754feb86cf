"""What happens inside a worker process: the one part of the jobs that imports torch."""
