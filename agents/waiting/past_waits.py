"""Waits as they went, from their rows: read in one way for reports, the floor and Prometheus."""

from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import ColumnElement

from agents.models import Wait, WaitState
from agents.waiting.service_level import PastWait

AS_IT_WENT: Final = (
    Wait.first_queue,
    Wait.since,
    Wait.answered_at,
    Wait.promised_at,
    Wait.ended_at,
    Wait.state,
)
"""The columns that `past_wait` needs."""
HAS_JOINED: Final[ColumnElement[bool]] = Wait.first_queue.is_not(None)
"""Not the place of a promised call whose person stood in no queue."""


class Went(Protocol):
    """A row that has the columns `AS_IT_WENT`, perhaps among others."""

    first_queue: str
    since: datetime
    answered_at: datetime | None
    promised_at: datetime | None
    ended_at: datetime | None
    state: str


def past_wait(row: Went) -> PastWait:
    """The wait as it went: until an agent first took the caller, or else until a callback was promised, which is
    counted for itself.
    """
    promised_at, answered_at = row.promised_at, row.answered_at
    if promised_at is not None and (answered_at is None or promised_at < answered_at):
        return PastWait(row.first_queue, row.since, None, promised_at, WaitState.LEFT)
    return PastWait(row.first_queue, row.since, answered_at, row.ended_at, row.state)
