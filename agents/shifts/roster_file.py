"""Shift rosters: each row of the table checked, its number and reason told where it is wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from config.errors import TableError
from config.table_cells import LONGEST_LIST, MINUTES_OF_DAY, CellProblem, day, extension, flag, instant, minutes, text
from config.table_files import Cell
from config.tables import Columns, RawRow, read_table

T = TypeVar("T")


class Column(StrEnum):
    """What a roster of shifts may tell, by its English header."""

    CODE = "code"
    TITLE = "title"
    EXTENSION = "extension"
    ADDRESS = "address"
    SKILLS = "skills"
    SUPERVISOR = "supervisor"
    AUTOMATIC = "automatic"
    KIND = "kind"
    WEEKDAYS = "weekdays"
    FROM = "from"
    TO = "to"
    STARTS = "starts"
    ENDS = "ends"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    SUBSTITUTE = "substitute"


COLUMNS: Final = Columns(
    names={
        Column.CODE: ("код", "код сотрудника", "агент", "agent"),
        Column.TITLE: ("должность", "роль"),
        Column.EXTENSION: ("добавочный", "добавочный номер"),
        Column.ADDRESS: ("адрес", "телефон", "phone"),
        Column.SKILLS: ("навыки",),
        Column.SUPERVISOR: ("старший смены", "супервизор"),
        Column.AUTOMATIC: ("автоматический", "автомат"),
        Column.KIND: ("вид",),
        Column.WEEKDAYS: ("дни", "дни недели", "days"),
        Column.FROM: ("с", "со скольки"),
        Column.TO: ("до", "по"),
        Column.STARTS: ("начало", "begins"),
        Column.ENDS: ("окончание", "конец"),
        Column.VALID_FROM: ("действует с",),
        Column.VALID_UNTIL: ("действует по", "valid to"),
        Column.SUBSTITUTE: ("замена", "заместитель"),
    },
    required=(Column.CODE,),
)

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RUSSIAN_DAYS: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
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
    def __init__(self, column: Column, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_roster(path: Path, *, sheet: str | None = None) -> Sequence[RawRow[Column]]:
    """The rows of a CSV or XLSX file. Raises TableError where it is no table, lacks a column that it must have, or has
    one that is not known: a shift that is misread would leave callers alone.
    """
    table = read_table(path, COLUMNS, sheet=sheet)
    if unknown := table.header.ignored:
        names = ", ".join(unknown.values())
        raise TableError(f"{path.name}: unknown column {names}; known: {', '.join(Column)}, or in Russian")
    return table.rows


def read_row(raw: RawRow[Column], *, zone: ZoneInfo, today: date, skills: frozenset[str]) -> RosterRow | RowError:
    """One row, checked; times are wall times in `zone`. `skills` are those that the insurer's queues ask for."""
    row = _Row(raw, zone, today)
    try:
        code = row.read(Column.CODE, _code)
        return RosterRow(
            row=raw.line,
            code=code,
            title=row.read(Column.TITLE, text) or code,
            extension=row.read(Column.EXTENSION, extension),
            address=row.read(Column.ADDRESS, text) or f"client:{code}",
            skills=row.read(Column.SKILLS, lambda cell: _skills(text(cell, longest=LONGEST_LIST), skills)),
            is_supervisor=row.read(Column.SUPERVISOR, flag),
            is_automatic=row.read(Column.AUTOMATIC, flag),
            kind=row.read(Column.KIND, _kind),
            stretches=tuple(row.stretches()),
            substitute=row.read(Column.SUBSTITUTE, text) or None,
        )
    except _Wrong as wrong:
        return RowError(raw.line, wrong.column, wrong.reason, str(raw.cells.get(Column.CODE) or ""))


@dataclass(frozen=True)
class _Row:
    """One row's cells, its insurer's zone and the day of the import."""

    raw: RawRow[Column]
    zone: ZoneInfo
    today: date

    def read(self, column: Column, read: Callable[[Cell], T]) -> T:
        try:
            return read(self.raw.cells.get(column))
        except CellProblem as problem:
            raise _Wrong(column, str(problem)) from None

    def stretches(self) -> Iterator[tuple[datetime, datetime]]:
        starts, ends = self.read(Column.STARTS, self._instant), self.read(Column.ENDS, self._instant)
        if starts or ends:
            if starts is None or ends is None or starts >= ends:
                raise _Wrong(Column.ENDS, "both starts and ends, and ends after starts")
            yield starts, ends
        if weekdays := self.read(Column.WEEKDAYS, _weekdays):
            yield from self._weekly(weekdays)

    def _weekly(self, weekdays: frozenset[int]) -> Iterator[tuple[datetime, datetime]]:
        """A weekly pattern, expanded for the next 60 days; a stretch that ends before it begins runs over midnight."""
        opens, closes = self.read(Column.FROM, minutes), self.read(Column.TO, minutes)
        # Yesterday too: a stretch over midnight may be under way now.
        first = max(self.today - timedelta(days=1), self.read(Column.VALID_FROM, day) or date.min)
        last = min(self.today + timedelta(days=EXPANDED_DAYS), self.read(Column.VALID_UNTIL, day) or date.max)
        length = (closes - opens) if closes > opens else (closes + MINUTES_OF_DAY - opens)
        for number in range((last - first).days + 1):
            on = first + timedelta(days=number)
            if on.weekday() in weekdays:
                yield _wall(on, opens, self.zone), _wall(on, opens + length, self.zone)

    def _instant(self, cell: Cell) -> datetime | None:
        given = instant(cell)
        if given is None:
            return None
        return (given if given.tzinfo else given.replace(tzinfo=self.zone)).astimezone(UTC)


def _code(cell: Cell) -> str:
    code = text(cell)
    if not code or not all(sign.isalnum() or sign in "-_." for sign in code):
        raise CellProblem("letters, digits, - _ . only, and not empty")
    return code


def _skills(written: str, known: frozenset[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in written.replace(",", " ").replace(";", " ").split():
        name, _, level = part.partition(":")
        if name not in known:
            raise CellProblem(f"no queue asks for '{name}'; known: {', '.join(sorted(known))}")
        if level not in ("", "1", "2", "3"):
            raise CellProblem(f"the level of {name} must be 1, 2 or 3")
        found[name] = int(level or 1)
    return found


def _kind(cell: Cell) -> str:
    kind = _KINDS.get(text(cell).casefold())
    if kind is None:
        raise CellProblem("work or leave")
    return kind


def _wall(on: date, minutes_in: int, zone: ZoneInfo) -> datetime:
    extra, rest = divmod(minutes_in, MINUTES_OF_DAY)
    local = datetime.combine(on + timedelta(days=extra), time(rest // 60, rest % 60), tzinfo=zone)
    return local.astimezone(UTC)


def _weekdays(cell: Cell) -> frozenset[int]:
    """`mon-fri`, `sat,sun`, `daily`; `пн-пт`, `ежедневно`."""
    found: set[int] = set()
    for part in text(cell).casefold().replace("–", "-").replace(",", " ").split():
        first, dash, last = part.partition("-")
        if part in ("daily", "ежедневно"):
            found.update(range(7))
            continue
        begin, end = _weekday(first), _weekday(last if dash else first)
        if begin is None or end is None:
            raise CellProblem(f"'{part}' is neither a day (mon … sun, пн … вс), a range (mon-fri) nor daily")
        found.update(range(begin, end + 1) if begin <= end else (*range(begin, 7), *range(end + 1)))
    return frozenset(found)


def _weekday(name: str) -> int | None:
    for names in (_DAYS, _RUSSIAN_DAYS):
        if name in names:
            return names.index(name)
    return None
