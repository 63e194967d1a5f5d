"""What is chosen on the page of the reports: the period, what a row is about, and of which line, queue or agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agents.supervisor.call_log.search_form import read_form
from agents.supervisor.reports.figures import BY_NAME
from agents.supervisor.reports.intervals import MINUTES, Grouping

LONGEST_DAYS: Final = 92
LONGEST_DAYS_BY_INTERVAL: Final = 7
_FIELDS: Final = ("period", "from", "to", "line", "queue", "agent", "by", "figure")


@dataclass(frozen=True)
class ReportForm:
    """The form as typed and what it asks for: a half-open period of whole days in the insurer's zone, at most up to
    now. `wrong` are the names of fields that cannot be read, or `days` where the period is too long for its rows.
    """

    typed: Mapping[str, str]
    since: datetime
    until: datetime
    grouping: Grouping
    figure: str
    wrong: frozenset[str]

    @property
    def line(self) -> str | None:
        """The only line, if any."""
        return self.typed["line"] or None

    @property
    def queue(self) -> str | None:
        """The only queue, if any."""
        return self.typed["queue"] or None

    @property
    def agent(self) -> str | None:
        """The code of the only agent, if any."""
        return self.typed["agent"] or None

    @property
    def query(self) -> dict[str, str]:
        """What the address of this very report has behind its question mark."""
        return {name: value for name, value in self.typed.items() if value}


def read_report_form(given: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> ReportForm:
    """The report that was chosen; today by the hour where nothing was. Days are the insurer's, in `zone`."""
    read = read_form({"period": "today", **given}, zone=zone, now=now)
    typed = {name: read.typed.get(name, "") or given.get(name, "")[:40] for name in _FIELDS}
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    since = (read.wanted.since or today).astimezone(UTC)
    until = min((read.wanted.until or now).astimezone(UTC), now)
    is_wrong = {"from", "to"} & read.wrong or ({"from"} if since >= until else set())
    grouping = _grouping(typed["by"], until - since)
    if not is_wrong and _is_too_long(grouping, until - since):
        is_wrong = {"days"}
    figure = typed["figure"] if typed["figure"] in BY_NAME else "service_level"
    # Rows that were not chosen go with the period, also with the next one.
    typed |= {"by": grouping.value if typed["by"] == grouping else "", "figure": figure}
    return ReportForm(typed, since, until, grouping, figure, frozenset(is_wrong))


def _grouping(typed: str, length: timedelta) -> Grouping:
    if typed in set(Grouping):
        return Grouping(typed)
    return Grouping.HOUR if length <= timedelta(days=1) else Grouping.DAY


def _is_too_long(grouping: Grouping, length: timedelta) -> bool:
    most = LONGEST_DAYS_BY_INTERVAL if grouping in MINUTES else LONGEST_DAYS
    # An hour more: a week in which clocks are put back.
    return length > timedelta(days=most, hours=1)
