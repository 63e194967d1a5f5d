"""Roster files: shifts out of CSV or XLSX, each row checked, its number and reason told where it is wrong."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

from openpyxl import load_workbook

from agents.errors import RosterRefused

COLUMNS: Final = (
    *("code", "title", "extension", "address", "skills", "supervisor", "automatic", "kind"),
    *("weekdays", "from", "to", "starts", "ends", "valid_from", "valid_until", "substitute"),
)
_REQUIRED: Final = ("code",)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YES: Final = ("yes", "да", "1", "true", "истина")
_NO: Final = ("", "no", "нет", "0", "false", "ложь")
_KINDS: Final = {"": "work", "work": "work", "смена": "work", "leave": "leave", "отпуск": "leave"}
EXPANDED_DAYS: Final = 60


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row, for whoever keeps the roster."""

    row: int
    column: str
    reason: str
    code: str = ""

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}"


@dataclass(frozen=True)
class RosterRow:
    """One row, read: an agent, and the stretches of work or leave that it describes, in UTC."""

    row: int
    code: str
    title: str
    extension: str | None
    address: str
    skills: Mapping[str, int]
    is_supervisor: bool
    is_automatic: bool
    kind: str
    stretches: tuple[tuple[datetime, datetime], ...]
    substitute: str | None


class _Wrong(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_table(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV or XLSX file as texts by column, with their numbers as a spreadsheet shows them.

    Raises RosterRefused where the file is no table, or lacks a column that it must have.
    """
    lines = _xlsx_lines(path) if path.suffix.lower() == ".xlsx" else _csv_lines(path)
    if not lines:
        raise RosterRefused(f"{path.name}: the file is empty")
    header = [cell.strip().lower() for cell in lines[0]]
    if unknown := sorted({name for name in header if name} - set(COLUMNS)):
        raise RosterRefused(f"{path.name}: unknown column {', '.join(unknown)}; known: {', '.join(COLUMNS)}")
    if missing := [name for name in _REQUIRED if name not in header]:
        raise RosterRefused(f"{path.name}: no column {', '.join(missing)}")
    numbered = ((number, dict(zip(header, cells, strict=False))) for number, cells in enumerate(lines[1:], start=2))
    return [(number, row) for number, row in numbered if any(row.values())]


def read_row(
    number: int, row: Mapping[str, str], *, zone: ZoneInfo, today: date, skills: frozenset[str]
) -> RosterRow | RowError:
    """One row, checked; times are wall times in `zone`. `skills` are those that the insurer's queues ask for."""
    try:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        code = cells["code"]
        if not code or not all(sign.isalnum() or sign in "-_." for sign in code):
            raise _Wrong("code", "letters, digits, - _ . only, and not empty")
        return RosterRow(
            row=number,
            code=code,
            title=cells["title"] or code,
            extension=_extension(cells["extension"]),
            address=cells["address"] or f"client:{code}",
            skills=_skills(cells["skills"], skills),
            is_supervisor=_flag("supervisor", cells["supervisor"]),
            is_automatic=_flag("automatic", cells["automatic"]),
            kind=_kind(cells["kind"]),
            stretches=tuple(_stretches(cells, zone, today)),
            substitute=cells["substitute"] or None,
        )
    except _Wrong as wrong:
        return RowError(number, wrong.column, wrong.reason, (row.get("code") or "").strip())


def _csv_lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RosterRefused(f"{path.name}: not UTF-8 (byte {error.start}); save it as CSV UTF-8") from error
    except OSError as error:
        raise RosterRefused(f"{path.name}: {error.strerror}") from error
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def _xlsx_lines(path: Path) -> list[list[str]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise RosterRefused(f"{path.name}: not an XLSX file") from error
    try:
        return [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()


def _text(cell: object) -> str:
    """A cell as a CSV would have it; a whole number, as spreadsheets store codes, without its `.0`."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.strftime("%Y-%m-%d" if cell.time() == time(0) else "%Y-%m-%d %H:%M")
        case time():
            return cell.strftime("%H:%M")
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)


def _extension(text: str) -> str | None:
    digits = text.replace("-", "").replace(" ", "")
    if digits and not (digits.isascii() and digits.isdigit()):
        raise _Wrong("extension", "digits only")
    return digits or None


def _skills(text: str, known: frozenset[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        name, _, level = part.partition(":")
        if name not in known:
            raise _Wrong("skills", f"no queue asks for '{name}'; known: {', '.join(sorted(known))}")
        if level not in ("", "1", "2", "3"):
            raise _Wrong("skills", f"the level of {name} must be 1, 2 or 3")
        found[name] = int(level or 1)
    return found


def _flag(column: str, text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise _Wrong(column, "yes or no")


def _kind(text: str) -> str:
    if text.lower() not in _KINDS:
        raise _Wrong("kind", "work or leave")
    return _KINDS[text.lower()]


def _stretches(cells: Mapping[str, str], zone: ZoneInfo, today: date) -> Iterator[tuple[datetime, datetime]]:
    if cells["starts"] or cells["ends"]:
        starts, ends = _instant("starts", cells["starts"], zone), _instant("ends", cells["ends"], zone)
        if starts >= ends:
            raise _Wrong("ends", "must be after starts")
        yield starts, ends
    if cells["weekdays"]:
        yield from _weekly(cells, zone, today)


def _weekly(cells: Mapping[str, str], zone: ZoneInfo, today: date) -> Iterator[tuple[datetime, datetime]]:
    """A weekly pattern, expanded for the next 60 days; a stretch that ends before it begins runs over midnight."""
    days, opens, closes = _weekdays(cells["weekdays"]), _minutes("from", cells["from"]), _minutes("to", cells["to"])
    # Yesterday too: a stretch over midnight may be under way now.
    first = max(today - timedelta(days=1), _date("valid_from", cells["valid_from"]) or date.min)
    last = min(today + timedelta(days=EXPANDED_DAYS), _date("valid_until", cells["valid_until"]) or date.max)
    length = (closes - opens) if closes > opens else (closes + 24 * 60 - opens)
    day = first
    while day <= last:
        if day.weekday() in days:
            yield _wall(day, opens, zone), _wall(day, opens + length, zone)
        day += timedelta(days=1)


def _wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    extra, rest = divmod(minutes, 24 * 60)
    local = datetime.combine(day + timedelta(days=extra), time(rest // 60, rest % 60), tzinfo=zone)
    return local.astimezone(UTC)


def _weekdays(text: str) -> frozenset[int]:
    """`mon-fri`, `sat,sun`, `daily`."""
    days: set[int] = set()
    for part in text.lower().replace(",", " ").split():
        first, dash, last = part.partition("-")
        if part in ("daily", "ежедневно"):
            days.update(range(7))
        elif first in _DAYS and (last in _DAYS or not dash):
            begin, end = _DAYS.index(first), _DAYS.index(last or first)
            days.update(range(begin, end + 1) if begin <= end else (*range(begin, 7), *range(end + 1)))
        else:
            raise _Wrong("weekdays", f"'{part}' is neither a day (mon … sun), a range (mon-fri) nor daily")
    return frozenset(days)


def _minutes(column: str, text: str) -> int:
    if text == "24:00":
        return 24 * 60
    try:
        wall = time.fromisoformat(text)
    except ValueError:
        raise _Wrong(column, f"'{text}' is not a time such as 09:00") from None
    return wall.hour * 60 + wall.minute


def _date(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Wrong(column, f"'{text}' is not a date such as 2026-11-30") from None


def _instant(column: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(column, f"'{text}' is not a time such as 2026-11-30 09:00") from None
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
