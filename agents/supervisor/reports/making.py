"""A report: the figures of a period, row by row and in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.supervisor.reports.facts import Facts
from agents.supervisor.reports.figures import FIGURES
from agents.supervisor.reports.intervals import Grouping, starts


@dataclass(frozen=True)
class ReportRow:
    """One row: the stretch of time (`since`, `until`) or else the line, queue or agent by name; figures by name, None
    where there is nothing to compute one from. `facts` are what it was computed from.
    """

    name: str
    since: datetime
    until: datetime
    figures: Mapping[str, float | None]
    facts: Facts


@dataclass(frozen=True)
class Report:
    """The rows in their order, and all of them together."""

    grouping: Grouping
    rows: Sequence[ReportRow]
    total: ReportRow


def make_report(facts: Facts, *, grouping: Grouping, since: datetime, until: datetime, zone: ZoneInfo) -> Report:
    """The report of these facts, which are all of the half-open period."""
    total = _row("", since, until, facts, None)
    if not grouping.is_of_time:
        parts = sorted(facts.by_name(grouping.value).items())
        return Report(grouping, [_row(name, since, until, part, grouping) for name, part in parts], total)
    begun = starts(grouping, since=since, until=until, zone=zone)
    ends = [*begun[1:], until]
    rows = zip(begun, ends, facts.by_time(begun), strict=True)
    return Report(grouping, [_row("", at, end, part, grouping) for at, end, part in rows], total)


def _row(name: str, since: datetime, until: datetime, facts: Facts, grouping: Grouping | None) -> ReportRow:
    figures = {one.name: None if grouping in one.not_by else one.formula(facts) for one in FIGURES}
    return ReportRow(name, since, until, figures, facts)
