"""The words that stand in an exported file of calls where rows hold codes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.desk.matter_words import LEVELS
from agents.desk.outcome_words import outcome_words
from agents.staff.off_page import speaking
from agents.supervisor.call_log.rows import LogRow
from ivr.calls.models import Direction

_DIRECTIONS: Final[Mapping[str, LazyString]] = {
    Direction.INBOUND: lazy_gettext("they called"),
    Direction.OUTBOUND: lazy_gettext("we called"),
}


def worded(rows: Sequence[LogRow], *, language: str, zone: ZoneInfo) -> list[LogRow]:
    """The same rows with words for direction, identification and outcome, for somebody who reads that language."""
    with speaking(language, zone):
        return [_worded(row) for row in rows]


def _worded(row: LogRow) -> LogRow:
    return replace(
        row,
        direction=str(_DIRECTIONS.get(row.direction, row.direction)),
        level=str(LEVELS.get(row.level, row.level)),
        outcome=None if row.outcome is None else outcome_words(row.outcome),
    )
