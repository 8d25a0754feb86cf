"""Write docs/lesson.html: the lesson's handout, plans and notes for the teacher, to print.

    python -m docs.lesson

A test holds the file to what this would write.
"""

from __future__ import annotations

from pathlib import Path

from app.page_data.lesson.handout import handout

FILE = Path(__file__).resolve().parent / "lesson.html"


def main() -> None:
    FILE.write_text(handout(), encoding="utf-8")


if __name__ == "__main__":
    main()
