"""The states of a call and the one table of the moves between them (twilio.md §1)."""

from __future__ import annotations

from enum import StrEnum


class CallStatus(StrEnum):
    """Twilio's call statuses, spelt as on the wire."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


_UNANSWERED = frozenset({CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED})

MOVES: dict[CallStatus, frozenset[CallStatus]] = {
    CallStatus.QUEUED: _UNANSWERED | {CallStatus.INITIATED},
    CallStatus.INITIATED: _UNANSWERED | {CallStatus.RINGING, CallStatus.IN_PROGRESS},
    # A caller who hangs up while an inbound call still rings leaves a completed call behind.
    CallStatus.RINGING: _UNANSWERED | {CallStatus.IN_PROGRESS, CallStatus.COMPLETED},
    CallStatus.IN_PROGRESS: frozenset({CallStatus.COMPLETED, CallStatus.FAILED}),
    CallStatus.COMPLETED: frozenset(),
    CallStatus.BUSY: frozenset(),
    CallStatus.NO_ANSWER: frozenset(),
    CallStatus.FAILED: frozenset(),
    CallStatus.CANCELED: frozenset(),
}

# The event name that an application subscribes to, for each status that is announced.
EVENT_OF = {
    CallStatus.INITIATED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}


def is_final(status: CallStatus) -> bool:
    """Whether no move leads out of ``status``."""
    return not MOVES[status]


def is_allowed(now: CallStatus, then: CallStatus) -> bool:
    """Whether a call may move from ``now`` to ``then``."""
    return then in MOVES[now]


def event_of(status: CallStatus) -> str | None:
    """The progress event that ``status`` raises; every final status raises ``completed``."""
    return "completed" if is_final(status) else EVENT_OF.get(status)
