"""The lesson: steps that tell one story, a question before each answer."""

from __future__ import annotations

from app.widgets.lesson.lesson import lesson

lesson()
