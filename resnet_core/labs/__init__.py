"""One "why" of the paper a file, answered by an experiment on trained networks.

A laboratory is two files: `questions/NAME.py` says what can be set and how the verdict may
come out, and needs no torch; `NAME.py` is the experiment: settings and networks in, events out.
"""
