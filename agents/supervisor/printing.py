"""A document to print: headings, paragraphs, tables and charts, on A4, with each page's number and what it is of."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape

import fontpkg_pt_sans
from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer

_PLAIN: Final = "PT Sans"
_BOLD: Final = "PT Sans Bold"
_FILES: Final = {_PLAIN: "PT_Sans-Web-Regular.ttf", _BOLD: "PT_Sans-Web-Bold.ttf"}
MARGIN: Final = 36.0
_HAIRLINE: Final = 0.4
# The library keeps it within the margins.
_PADDING: Final = 6.0
INK: Final = colors.HexColor("#1c1c1c")
SOFT: Final = colors.HexColor("#5c5c5c")
_RULE: Final = colors.HexColor("#b4b4b4")

Flowable = Any
"""A part of the document, as the library that sets it has it."""


@dataclass(frozen=True)
class Sheet:
    """What stands on every page's foot, and how wide what is set may be, in points."""

    title: str
    foot: str
    is_wide: bool = False

    @property
    def width(self) -> float:
        """Between the margins."""
        size: tuple[float, float] = landscape(A4) if self.is_wide else A4
        return size[0] - 2 * (MARGIN + _PADDING)


def as_pdf(sheet: Sheet, parts: Sequence[Flowable], *, page_words: Callable[[int], str]) -> bytes:
    """The document; `page_words` says a page's number."""
    _load_fonts()
    written, left = io.BytesIO(), MARGIN + _PADDING
    document = SimpleDocTemplate(
        written,
        pagesize=landscape(A4) if sheet.is_wide else A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 10,
        title=sheet.title,
        # Neither who made it nor on what: what it tells of is written in it.
        author="Pult",
    )

    def foot(canvas: Any, _document: Any) -> None:
        canvas.setFont(_PLAIN, 8)
        canvas.setFillColor(SOFT)
        canvas.drawString(left, MARGIN - 8, sheet.foot)
        canvas.drawRightString(left + sheet.width, MARGIN - 8, page_words(canvas.getPageNumber()))

    document.build([heading(sheet.title, 18), *parts], onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


def heading(text: str, size: float = 13) -> Flowable:
    """A line that says what follows, kept on one page with it."""
    _load_fonts()
    style = ParagraphStyle(
        "heading",
        fontName=_BOLD,
        fontSize=size,
        leading=size * 1.3,
        spaceBefore=10,
        spaceAfter=4,
        textColor=INK,
        keepWithNext=True,
    )
    return Paragraph(escape(text), style)


def paragraph(text: str, *, bold_first: str = "", size: float = 9, is_soft: bool = False) -> Flowable:
    """Running text; `bold_first` stands before it in bold."""
    _load_fonts()
    style = ParagraphStyle(
        "text", fontName=_PLAIN, fontSize=size, leading=size * 1.35, textColor=SOFT if is_soft else INK, spaceAfter=3
    )
    first = f'<font name="{_BOLD}">{escape(bold_first)}</font> ' if bold_first else ""
    return Paragraph(first + escape(text), style)


def space(points: float) -> Flowable:
    """Nothing."""
    return Spacer(1, points)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[float], size: float = 8
) -> list[Flowable]:
    """A table that goes over pages, with its head on each; `widths` are points. Numbers stand to the right."""
    _load_fonts()
    # The library's time grows with the square of a table's rows.
    parts = [rows[begin : begin + _MOST_ROWS] for begin in range(0, max(1, len(rows)), _MOST_ROWS)]
    return [_part(head, part, widths, size) for part in parts]


def _part(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], size: float) -> Flowable:
    has_head = any(head)
    cells = [[_cell(text, size, font=_BOLD, is_right=False) for text in head]] if has_head else []
    cells += [[_cell(text, size, font=_PLAIN, is_right=has_head and _is_number(text)) for text in row] for row in rows]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), _HAIRLINE, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    return LongTable(cells, colWidths=list(widths), repeatRows=1 if has_head else 0, style=style, hAlign="LEFT")


def _is_number(text: str) -> bool:
    return 0 < len(text) < _LONGEST_NUMBER and all(sign.isdigit() or sign in _OF_NUMBERS for sign in text)


def _cell(text: str, size: float, *, font: str, is_right: bool) -> Flowable:
    style = ParagraphStyle(
        "cell",
        fontName=font,
        fontSize=size,
        leading=size * 1.2,
        textColor=INK,
        splitLongWords=True,
        alignment=TA_RIGHT if is_right else TA_LEFT,
    )
    return Paragraph(escape(text), style)


_MOST_ROWS: Final = 200
_LONGEST_NUMBER: Final = 10
_OF_NUMBERS: Final = ",.:–- %\N{NO-BREAK SPACE}"


@cache
def _load_fonts() -> None:
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, fontpkg_pt_sans.ROOT / "files" / file))
