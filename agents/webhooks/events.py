"""Which changes of rows are told to other systems, and what is said of them: the one table of it.

An event carries ids, and facts that say nothing of anybody's health: whoever may know more asks the API by the id.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import inspect

from agents.scopes import Scope
from agents.sight import sight_of_token
from config.database import Base
from ivr.calls.models import Call, CallState, Outcome, Request
from recordings.models import Recording, RecordingState


class EventKind(StrEnum):
    """What is told."""

    CALL_ENDED = "call.ended"
    OUTCOME_RECORDED = "call.outcome_recorded"
    REQUEST_CHANGED = "request.changed"
    RECORDING_STORED = "recording.stored"


TEST: Final = "webhook.test"
"""An event that only `pult webhook test` sends."""

Data = dict[str, str | int | bool | None]

_OF_REQUESTS: Final = ("step", "due_at", "closed_at", "owner", "details", "insured_id")
_WITHOUT_HEALTH: Final = sight_of_token({Scope.REQUESTS})


def kind_of(row: Base) -> EventKind | None:
    """What the change of this row, which is about to be written, is; None where nobody is told."""
    match row:
        case Call() if row.state == CallState.ENDED and _is_changed(row, "state"):
            return EventKind.CALL_ENDED
        case Outcome() if _is_changed(row, "code", "next_action", "done_at"):
            return EventKind.OUTCOME_RECORDED
        case Request() if _is_changed(row, *_OF_REQUESTS):
            return EventKind.REQUEST_CHANGED
        case Recording() if row.state == RecordingState.SEALED and _is_changed(row, "state"):
            return EventKind.RECORDING_STORED
    return None


def subject_of(row: Base) -> str:
    """What the event is about: an outcome is its call's."""
    return str(row.call_id if isinstance(row, Outcome) else row.id)  # type: ignore[attr-defined]


def said_of(row: Base) -> Data:
    """What is told of the row as it stands."""
    return _SAID[type(row)](row)


def written(at: datetime) -> str:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_changed(row: Base, *names: str) -> bool:
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _call(row: Call) -> Data:
    return {
        "call_id": row.id,
        "line": row.line,
        "direction": row.direction,
        "started_at": written(row.started_at),
        "ended_at": _maybe(row.ended_at),
    }


def _outcome(row: Outcome) -> Data:
    return {"call_id": row.call_id}


def _request(row: Request) -> Data:
    """What kind it is and how far it came tells of health, save of kinds that do not."""
    is_told = _WITHOUT_HEALTH.may_concern(row.kind)
    return {
        "request_id": row.id,
        "kind": row.kind if is_told else None,
        "step": row.step if is_told else None,
        "is_open": row.closed_at is None,
        "opened_at": written(row.opened_at),
        "due_at": _maybe(row.due_at),
    }


def _recording(row: Recording) -> Data:
    return {"recording_id": row.id, "call_id": row.call_id, "duration_seconds": row.duration_seconds}


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else written(at)


_SAID: Final[Mapping[type[Base], Callable[[Any], Data]]] = {
    Call: _call,
    Outcome: _outcome,
    Request: _request,
    Recording: _recording,
}
