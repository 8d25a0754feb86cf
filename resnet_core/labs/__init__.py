"""Laboratories: experiments on trained networks, each about one question of the paper."""
