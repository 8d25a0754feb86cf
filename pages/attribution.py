"""Attribution: which parts of a picture speak for a class, and whether to believe it."""

from app.widgets.attribution.attribution import attribution

attribution()
