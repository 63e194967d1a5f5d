"""Pictures of flows for the people who write and read them: Mermaid text, and SVG laid out here."""

from flows.drawing.labels import heading, words
from flows.drawing.mermaid import draw
from flows.drawing.svg import Note, draw_part, draw_svg

__all__ = ["Note", "draw", "draw_part", "draw_svg", "heading", "words"]
