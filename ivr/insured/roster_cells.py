"""Reads cells that only rosters of insured people have (others: `config.table_cells`). No reason quotes a cell."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final, TypeVar

from config.calendars import CalendarError, zone_named
from config.phone_numbers import PhoneNumber, PhoneNumberError, parse_phones
from config.table_cells import LONGEST_LIST, CellProblem, required, required_day, text
from config.table_files import Cell, LostDigits
from ivr.insured.models import DeductibleState

T = TypeVar("T")

_LIST: Final = re.compile(r"\s*[;\n]\s*")
_NAME: Final = re.compile(r"[^\W\d_][\w .'’ʼ()-]*")
_DEDUCTIBLES: Final[Mapping[str, DeductibleState]] = {
    "": DeductibleState.NONE,
    "нет": DeductibleState.NONE,
    "none": DeductibleState.NONE,
    "неактивна": DeductibleState.INACTIVE,
    "inactive": DeductibleState.INACTIVE,
    "активирована": DeductibleState.ACTIVE,
    "active": DeductibleState.ACTIVE,
}


def name(cell: Cell) -> str:
    """A person's name: letters, spaces, hyphens, apostrophes; one word is enough (domain.md §5: no patronymic)."""
    plain = required(cell)
    if not _NAME.fullmatch(plain) or any(letter.isdigit() for letter in plain):
        raise CellProblem("is no name: letters, spaces and hyphens only")
    return plain


def policy_number(cell: Cell, pattern: re.Pattern[str]) -> str:
    """A policy number as text, upper-case; its leading zeros count."""
    if isinstance(cell, LostDigits):
        raise CellProblem("is stored as a number, which keeps 15 digits only; format the column as text")
    plain = required(cell).upper()
    if not pattern.fullmatch(plain):
        raise CellProblem("is not written as this insurer's policy numbers are")
    return plain


def day_after(cell: Cell) -> date:
    """The half-open end of a validity whose last day, inclusive, is written."""
    last = required_day(cell)
    if last >= date.max - timedelta(days=366):
        raise CellProblem("is too far in the future")
    return last + timedelta(days=1)


def amount(cell: Cell) -> int | None:
    """A whole number of roubles or per cent, 0 or more; spaces between thousands are fine."""
    plain = re.sub(r"[\s\u00a0₽%]", "", text(cell))
    if not plain:
        return None
    if not re.fullmatch(r"[0-9]{1,12}([.,]0{1,2})?", plain):
        raise CellProblem("is no whole number")
    return int(re.split(r"[.,]", plain)[0])


def percent(cell: Cell) -> int | None:
    """A whole number from 0 to 100."""
    value = amount(cell)
    if value is not None and value > 100:
        raise CellProblem("is more than 100 per cent")
    return value


def deductible(cell: Cell) -> DeductibleState:
    """нет, неактивна, активирована (domain.md §3)."""
    found = _DEDUCTIBLES.get(text(cell).casefold())
    if found is None:
        raise CellProblem("is none of: нет, неактивна, активирована")
    return found


def phones(cell: Cell) -> tuple[PhoneNumber, ...]:
    """Every number of the cell, each once."""
    plain = text(cell)
    if not plain:
        return ()
    # A number cell of a workbook, which had no room for the plus.
    whole = f"+{plain}" if re.fullmatch("7[0-9]{10}", plain) else plain
    try:
        return tuple(dict.fromkeys(parse_phones(whole)))
    except PhoneNumberError as error:
        raise CellProblem(str(error)) from None


def zone(cell: Cell) -> str | None:
    """A tzdata zone's name."""
    plain = text(cell)
    if not plain:
        return None
    try:
        return str(zone_named(plain).key)
    except CalendarError:
        raise CellProblem("is no time zone such as Europe/Samara") from None


def items(cell: Cell) -> tuple[str, ...]:
    """A list parted by semicolons."""
    return tuple(dict.fromkeys(one for one in _LIST.split(text(cell, longest=LONGEST_LIST)) if one))


def pairs(cell: Cell, value: Callable[[str], T]) -> tuple[tuple[str, T], ...]:
    """A list of `name=value`."""
    found = []
    for item in items(cell):
        key, equals, written = (part.strip() for part in item.partition("="))
        if not (key and equals and written):
            raise CellProblem("is no list such as 'second_opinion=1; psychologist=5'")
        found.append((key, value(written)))
    return tuple(found)


def code(cell: Cell, width: int) -> str | None:
    """Digits of a fixed width; a workbook may have eaten the leading zeros."""
    plain = text(cell)
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > width:
        raise CellProblem(f"is no code of {width} digits")
    return plain.zfill(width)
