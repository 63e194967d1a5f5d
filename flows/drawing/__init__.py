"""Pictures of flows for the people who write and read them: Mermaid text, and SVG laid out here."""

from flows.drawing.mermaid import draw
from flows.drawing.svg import draw_svg

__all__ = ["draw", "draw_svg"]
