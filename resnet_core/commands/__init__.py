"""The command line, one command a file. None imports torch before it is needed."""
