"""The file of an export: rows of plain text that no spreadsheet takes for a formula, as CSV or XLSX."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from agents.supervisor.log_rows import LogRow
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


def head(language: str) -> tuple[str, ...]:
    """The names of the columns."""
    return _HEADS.get(language, _HEADS["ru"])


def cells(row: LogRow, *, insurer: Insurer, zone: ZoneInfo, language: str) -> list[str]:
    """One call as text: numbers masked, codes where the configuration has no words."""
    line = insurer.lines.get(row.line)
    queues = [insurer.queues[one].title[language] if one in insurer.queues else one for one in row.queues]
    found = (
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
    )
    return [harmless(one) for one in found]


def harmless(text: str) -> str:
    """The text, with a sign before it where a spreadsheet would calculate it."""
    plain = "".join(sign for sign in text if sign.isprintable() or sign in "\t\r\n")
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def as_csv(rows: Iterable[Sequence[str]], *, with_mark: bool = False) -> bytes:
    """Semicolons and a mark of UTF-8, which a Russian spreadsheet expects; the mark only at a file's beginning."""
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(rows)
    return written.getvalue().encode("utf-8-sig" if with_mark else "utf-8")


def read_csv(content: bytes) -> list[list[str]]:
    """What `as_csv` wrote."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=";"))


def as_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet, every cell a text."""
    # Takes long to import, and nothing else in this process may need it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("calls")
    for row in rows:
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
