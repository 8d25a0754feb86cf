"""A class that takes part: its teacher leads, students join, answer and see what all answered."""

from __future__ import annotations

from app.widgets.classroom.classroom import classroom

classroom()
