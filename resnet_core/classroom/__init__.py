"""A class that takes part: codes, members, votes, results, and whose job is whose."""
