"""A period as it was typed, on a page or in a terminal: days or moments, the last day in it, never in the future."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.supervisor.call_log.search_form import read_form


@dataclass(frozen=True)
class Period:
    """Half-open, and not empty."""

    since: datetime
    until: datetime


def read_period(since: str, until: str, *, zone: ZoneInfo, now: datetime) -> Period | None:
    """'2026-11-01' or '2026-11-01T12:30', in `zone` where none is said; until now where no end is; None where it cannot
    be read or has nothing in it.
    """
    form = read_form({"period": "own", "from": since, "to": until}, zone=zone, now=now)
    begun, ended = form.wanted.since, min(form.wanted.until or now, now)
    return None if form.wrong or begun is None or begun >= ended else Period(begun, ended)
