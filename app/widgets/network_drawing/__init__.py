"""A network drawn to scale: stages as bands, layers as boxes, shortcuts as arches."""

from app.widgets.network_drawing.network_drawing import network_drawing

__all__ = ["network_drawing"]
