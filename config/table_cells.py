"""Reads single cells of a table: text, dates, times, yes and no. No reason quotes a cell: it may be personal."""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Final

from config.table_files import Cell

LONGEST_TEXT: Final = 200
LONGEST_LIST: Final = 2000
_DAY_SHAPES: Final = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y")
_TIME_SHAPES: Final = ("%H:%M", "%H:%M:%S")
_YES: Final = frozenset({"да", "yes", "true", "истина", "1", "+"})
_NO: Final = frozenset({"нет", "no", "false", "ложь", "0", "-", ""})
_END_OF_DAY: Final = "24:00"
MINUTES_OF_DAY: Final = 24 * 60


class CellProblem(ValueError):
    """What is wrong with a cell, without its content."""


def text(cell: Cell, *, longest: int = LONGEST_TEXT) -> str:
    """Plain text: normalised, no control characters, at most `longest` ones. Dates and times come as ISO text."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(sep=" ", timespec="minutes")
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat(timespec="minutes")
    plain = " ".join(unicodedata.normalize("NFC", cell).split())
    if len(plain) > longest:
        raise CellProblem(f"is longer than {longest} characters")
    if any(unicodedata.category(letter).startswith("C") for letter in plain):
        raise CellProblem("has characters that cannot be seen")
    return plain


def required(cell: Cell) -> str:
    """Text that must be there."""
    plain = text(cell)
    if not plain:
        raise CellProblem("is empty")
    return plain


def day(cell: Cell) -> date | None:
    """A date: ДД.ММ.ГГГГ, ISO, or one that the workbook knows as a date; None if empty. A time behind it is let go."""
    found = instant(cell, "is no date such as 31.12.2026")
    return None if found is None else found.date()


def required_day(cell: Cell) -> date:
    """A date that must be there."""
    found = day(cell)
    if found is None:
        raise CellProblem("is empty")
    return found


def instant(cell: Cell, otherwise: str = "is no date and time such as 31.12.2026 09:00") -> datetime | None:
    """A date with or without a time, `T` or a space between them, and with a zone if one was written; None if empty."""
    if isinstance(cell, date):
        return cell if isinstance(cell, datetime) else datetime.combine(cell, time())
    plain = text(cell)
    if not plain:
        return None
    for shape in (*_DAY_SHAPES, *(f"{day} {clock}" for day in _DAY_SHAPES for clock in _TIME_SHAPES)):
        try:
            return datetime.strptime(plain, shape)  # noqa: DTZ007 - the zone is the reader's to know
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        raise CellProblem(otherwise) from None


def minutes(cell: Cell) -> int:
    """A time of day, such as 09:00, as minutes since midnight; 24:00 is the end of the day."""
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    plain = text(cell)
    if plain == _END_OF_DAY:
        return MINUTES_OF_DAY
    for shape in _TIME_SHAPES:
        try:
            found = datetime.strptime(plain, shape)  # noqa: DTZ007 - a time of day
        except ValueError:
            continue
        return found.hour * 60 + found.minute
    raise CellProblem("is no time such as 09:00")


def flag(cell: Cell) -> bool:
    """Yes or no; empty is no."""
    plain = text(cell).casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellProblem("is neither yes nor no")


def extension(cell: Cell) -> str | None:
    """The digits of an extension, such as 50-93."""
    plain = re.sub(r"[\s-]|^(доб|ext)\.?", "", text(cell).casefold())
    if plain and not re.fullmatch(r"[0-9]{1,11}", plain):
        raise CellProblem("is no extension: digits only")
    return plain or None
