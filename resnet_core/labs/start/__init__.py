"""Is it the form or the start?"""
