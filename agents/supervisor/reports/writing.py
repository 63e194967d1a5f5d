"""How figures and rows are written: on the page, in charts and in a table for other programs."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext

from agents.staff.formats import clock_time, day, duration
from agents.supervisor.exports.file import harmless
from agents.supervisor.reports.figures import FIGURES, Unit
from agents.supervisor.reports.intervals import Grouping
from agents.supervisor.reports.making import Report, ReportRow


def written(value: float | None, unit: Unit) -> str:
    """'74,2 %', '00:38', '112'; a dash where there is nothing."""
    if value is None:
        return "–"
    match unit:
        case Unit.COUNT:
            return f"{value:.0f}"
        case Unit.SHARE:
            return share(value)
        case Unit.SECONDS:
            return duration(round(value))
        case Unit.SCORE:
            return f"{value:.1f}".replace(".", ",")


def share(value: float) -> str:
    """'74,2 %' of a share from 0 to 1."""
    return f"{value * 100:.1f}\N{NO-BREAK SPACE}%".replace(".", ",")


def row_name(row: ReportRow, grouping: Grouping, zone: ZoneInfo, title: Callable[[str, str], str]) -> str:
    """What a row is called: '24.11.2026', '24.11.2026 09:30–10:00', or the title of a line, queue or agent."""
    match grouping:
        case Grouping.LINE | Grouping.QUEUE:
            return title(grouping.value, row.name)
        case Grouping.AGENT:
            return row.name
        case Grouping.DAY:
            return day(row.since, zone)
        case _:
            return f"{day(row.since, zone)} {_clock(row.since, zone)}–{clock_time(row.until, zone)}"


def short_name(row: ReportRow, grouping: Grouping, zone: ZoneInfo, title: Callable[[str, str], str]) -> str:
    """The same for under a bar: '24.11' or '09:30', and titles cut."""
    if grouping is Grouping.DAY:
        return f"{row.since.astimezone(zone):%d.%m}"
    if grouping.is_of_time:
        return clock_time(row.since, zone)
    name = row_name(row, grouping, zone, title)
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


_LONGEST = 14


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """With the offset in the hour that clocks show twice."""
    local = at.astimezone(zone)
    is_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M %z}" if is_twice else f"{local:%H:%M}"


def as_csv(report: Report, *, zone: ZoneInfo, title: Callable[[str, str], str], first: str, total: str) -> str:
    """The report as a table: semicolons and decimal commas, as Russian spreadsheets read them; shares are per cent,
    times seconds. No cell can be a formula.
    """
    text = io.StringIO()
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow([first, *(f"{one.title}{_UNITS[one.unit]}" for one in FIGURES)])
    named = [(row_name(row, report.grouping, zone, title), row) for row in report.rows]
    for name, row in [*named, (total, report.total)]:
        table.writerow([harmless(name), *(_cell(row, one.name, one.unit) for one in FIGURES)])
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue()


_UNITS = {Unit.COUNT: "", Unit.SHARE: ", %", Unit.SECONDS: lazy_gettext(", s"), Unit.SCORE: ""}


def _cell(row: ReportRow, name: str, unit: Unit) -> str:
    value = row.figures[name]
    if value is None:
        return ""
    return f"{value * 100 if unit is Unit.SHARE else value:.1f}".removesuffix(".0").replace(".", ",")
