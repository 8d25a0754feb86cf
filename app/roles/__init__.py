"""Roles of visitors: owner, teacher, student, guest."""
