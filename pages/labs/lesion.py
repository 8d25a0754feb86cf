"""Lesion and reorder: blocks are removed and swapped in the drawing above the figures."""

from app.widgets.laboratory.laboratory import laboratory
from app.widgets.laboratory.lesion_drawing import lesion_drawing

laboratory("lesion", above=lesion_drawing, last=("removed", "swapped"))
