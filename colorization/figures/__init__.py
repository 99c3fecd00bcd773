"""Figures, rendered from stored results alone: the same input gives the same bytes."""

from colorization.figures.diagram import network_boxes, network_diagram
from colorization.figures.plots import bars, confusion, curve_panels, curves, image_grid

__all__ = [
    "bars",
    "confusion",
    "curve_panels",
    "curves",
    "image_grid",
    "network_boxes",
    "network_diagram",
]
