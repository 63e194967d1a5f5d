"""The file of an export, as CSV or XLSX: rows of text, of which a workbook makes numbers and times; never a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import chain, zip_longest
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from agents.supervisor.call_log.rows import LogRow
from config.line_descriptions import Insurer

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "ru": (
        *("Начало", "Линия", "Очереди", "Направление", "Кто звонил", "Опознание", "Экстренный", "Ожидание, с"),
        *("Длительность, с", "Сотрудники", "Итог", "Записей", "Номер звонка"),
    ),
    "en": (
        *("Began", "Line", "Queues", "Direction", "Caller", "Identification", "Emergency", "Waited, s"),
        *("Lasted, s", "Agents", "Outcome", "Recordings", "Call"),
    ),
}


class FileKind(StrEnum):
    """What a spreadsheet opens."""

    CSV = "csv"
    XLSX = "xlsx"


class Holds(StrEnum):
    """What a column of a file holds, written as text: a whole number, the wall clock's time, a day, or just text."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: the names of its columns, its rows as text, and what each column holds; text from where
    nothing more is told.
    """

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[str]]
    holds: Sequence[Holds]


_HOLDS: Final = (
    *(Holds.MOMENT, *[Holds.TEXT] * 5, Holds.NUMBER, Holds.NUMBER),
    *(Holds.NUMBER, Holds.TEXT, Holds.TEXT, Holds.NUMBER, Holds.TEXT),
)
_DAY: Final = "%d.%m.%Y"
_MOMENT: Final = f"{_DAY} %H:%M"
# Of texts those that look like a formula.
_FORMATS: Final[Mapping[type, Mapping[str, object]]] = {
    int: {"num_format": "0"},
    datetime: {"num_format": "dd.mm.yyyy hh:mm:ss"},
    date: {"num_format": "dd.mm.yyyy"},
    str: {"quote_prefix": True},
}
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def head(language: str) -> tuple[str, ...]:
    """The names of the columns."""
    return _HEADS.get(language, _HEADS["ru"])


def holds() -> tuple[Holds, ...]:
    """What the columns hold."""
    return _HOLDS


def cells(row: LogRow, *, insurer: Insurer, zone: ZoneInfo, language: str) -> list[str]:
    """One call as text: numbers masked, codes where the configuration has no words."""
    line = insurer.lines.get(row.line)
    queues = [insurer.queues[one].title[language] if one in insurer.queues else one for one in row.queues]
    return [
        row.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        line.title[language] if line else row.line,
        " → ".join(queues),
        row.direction,
        row.caller,
        "" if row.is_anonymous else row.level,
        "1" if row.is_emergency else "",
        "" if row.waited_seconds is None else str(row.waited_seconds),
        "" if row.lasted_seconds is None else str(int(row.lasted_seconds)),
        ", ".join(row.agents),
        row.outcome or "",
        str(row.recordings or ""),
        row.id,
    ]


def harmless(text: str) -> str:
    """The text, with a sign before it where a spreadsheet would calculate what it reads in a CSV file."""
    plain = _printable(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Semicolons and a mark of UTF-8, which a Russian spreadsheet expects; no cell can be a formula."""
    return _UTF8_MARK + as_piece([harmless(cell) for cell in row] for row in rows)


def as_piece(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as they are, to be read again: a part of a file that is still being made."""
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(rows)
    return written.getvalue().encode("utf-8")


def read_csv(content: bytes) -> list[list[str]]:
    """What `as_piece` wrote."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=";"))


def as_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """A workbook in which numbers and times are such, and every text is a text: no cell can be a formula.

    It is made in memory: other people's data would stay in a temporary file of whoever is killed.
    """
    # Takes long to import, and nothing else in this process may need it.
    from xlsxwriter import Workbook

    written = io.BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        formats = {kind: book.add_format(wanted) for kind, wanted in _FORMATS.items()}
        for one in sheets:
            page = book.add_worksheet(one.name)
            head = one.head, [Holds.TEXT] * len(one.head)
            for line, (row, holds) in enumerate(chain([head], ((row, one.holds) for row in one.rows))):
                for place, (text, what) in enumerate(zip_longest(row, holds[: len(row)])):
                    _write(page, line, place, _value(text, what), formats)
    return written.getvalue()


def _write(page: Any, line: int, place: int, value: int | date | str, formats: Mapping[type, Any]) -> None:
    match value:
        case int():
            page.write_number(line, place, value, formats[int])
        case date():
            page.write_datetime(line, place, value, formats[type(value)])
        case _ if value:
            text = "\n".join(value.splitlines()) if "\r" in value else value
            # A sign before it would be seen; without one who edits it would have it calculated.
            page.write_string(line, place, text, formats[str] if text.startswith(_FORMULA) else None)


def _value(text: str, what: Holds | None) -> int | date | str:
    """What the text says where it can be read so; else the text."""
    try:
        match what:
            case Holds.NUMBER:
                return int(text)
            case Holds.MOMENT:
                # The wall clock's time, which a spreadsheet has no zone for.
                return datetime.fromisoformat(text) if text[:4].isdigit() else datetime.strptime(text, _MOMENT)  # noqa: DTZ007
            case Holds.DAY:
                day = datetime.strptime(text, _DAY).date()  # noqa: DTZ007 - a day has no zone
                # Spreadsheets count from 1900, and give that year a day that there was not.
                return day if day.year > 1900 else text
            case Holds.TEXT | None:
                return _printable(text)
            case _ as never:
                assert_never(never)
    except ValueError:
        return _printable(text)


def _printable(text: str) -> str:
    # Nearly every text is, and a journal has millions.
    return text if text.isprintable() else "".join(sign for sign in text if sign.isprintable() or sign in "\t\r\n")
