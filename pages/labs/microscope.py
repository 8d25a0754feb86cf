"""The race of plain and residual stacks; above it the reason, on a block of one number."""

from app.widgets.laboratory.block_drawing import why
from app.widgets.laboratory.laboratory import laboratory

laboratory("microscope", above=why)
