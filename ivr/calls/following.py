"""Following one call in the centre's log while it goes on: what only the centre knows of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from config.database import Database, Transaction
from flows import FlowSet
from ivr.calls.models import Call, CallEvent, FlowVersion, Outcome
from ivr.calls.prompt_names import PromptNames

News = Mapping[str, Any]


@dataclass
class CallFollower:
    """Reads the log of the call with this carrier's sid, from where it stopped reading last time."""

    database: Database
    carrier_sid: str
    seen: int = 0
    _said: list[str] = field(default_factory=list)
    _names: PromptNames | None = None

    def news(self) -> Sequence[News]:
        """The call's events since the last time, as `identified`, `queued`, `position`, `offered`, `connected`, `sms`
        and `recorded`, each with `at`; other events are left out.
        """
        with self.database.reading("follow_call") as tx:
            call = self._call(tx)
            if call is None:
                return []
            rows = _events(tx, call, after=self.seen)
        self.seen = rows[-1].seq if rows else self.seen
        self._said += [prompt for row in rows if row.kind == "said" for prompt in row.data["prompts"]]
        return [told for row in rows if (told := _told(row, call)) is not None]

    def prompt_of(self, text: str) -> str | None:
        """The id of the prompt that was heard as `text`: of those that the log says were said, the latest that fits."""
        if self._names is None:
            self._names = self._read_names()
        return None if self._names is None else self._names.of(text, likely=reversed(self._said))

    def ending(self) -> News | None:
        """`outcome` (None before one is on record), `call_id`, `duration_seconds`, `wait_seconds`, `talk_seconds` and
        `hangup_cause`; None while the call is not over, or is not known.
        """
        with self.database.reading("follow_call") as tx:
            call = self._call(tx)
            if call is None or call.ended_at is None:
                return None
            outcome = tx.scalar(select(Outcome.code).where(Outcome.call_id == call.id, Outcome.is_primary))
            rows = _events(tx, call)
        return {
            "outcome": outcome,
            "call_id": call.id,
            "duration_seconds": round((call.ended_at - call.started_at).total_seconds(), 1),
            "wait_seconds": _seconds(rows, call.ended_at, _WAIT_BEGINS, _WAIT_ENDS),
            "talk_seconds": _seconds(rows, call.ended_at, _TALK_BEGINS, _TALK_ENDS),
            "hangup_cause": call.hangup_cause,
        }

    def _call(self, tx: Transaction) -> Call | None:
        return tx.scalar(select(Call).where(Call.carrier_sid == self.carrier_sid))

    def _read_names(self) -> PromptNames | None:
        """The prompts of the version of the flows that the call is on."""
        with self.database.reading("prompts_of_call") as tx:
            call = self._call(tx)
            version = None if call is None else tx.get(FlowVersion, call.flow_digest)
        return None if version is None else PromptNames(FlowSet.from_sources(version.sources).prompts)


def _events(tx: Transaction, call: Call, *, after: int = 0) -> Sequence[CallEvent]:
    wanted = select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.seq > after)
    return tx.scalars(wanted.order_by(CallEvent.seq)).all()


_WAIT_BEGINS: Final = frozenset({"wait_began", "wait_resumed"})
_WAIT_ENDS: Final = frozenset({"agent_connected", "wait_ended"})
_TALK_BEGINS: Final = frozenset({"agent_connected"})
_TALK_ENDS: Final = frozenset({"agent_left"})


def _seconds(rows: Sequence[CallEvent], ended_at: datetime, begins: frozenset[str], ends: frozenset[str]) -> float:
    """How long one of `begins` was not yet followed by one of `ends`, to the end of the call at the latest."""
    total, since = 0.0, None
    for kind, at in [*((row.kind, row.at) for row in rows), ("", ended_at)]:
        if since is not None and (kind in ends or kind == ""):
            total += max(0.0, (at - since).total_seconds())
            since = None
        if kind in begins:
            since = since or at
    return round(total, 1)


def _told(row: CallEvent, call: Call) -> News | None:
    tell = _TOLD.get(row.kind)
    return None if tell is None else {**tell(row.data), "at": row.at.isoformat(), "call_id": call.id}


_TOLD: Final[Mapping[str, Callable[[News], News]]] = {
    "identified": lambda data: {"kind": "identified", "level": data["level"]},
    "wait_began": lambda data: {"kind": "queued", "queue": data["queue"], "emergency": data["emergency"]},
    "place_told": lambda data: {
        "kind": "position",
        "ahead": data["ahead"],
        "wait_seconds": data["estimate_seconds"],
    },
    "offer_ringing": lambda data: {"kind": "offered", "agent": data["agent"]},
    "agent_connected": lambda data: {"kind": "connected", "agent": data["agent"]},
    "message_written": lambda data: {"kind": "sms", "template": data["template"]},
    "message_left": lambda data: {"kind": "recorded", "seconds": data["seconds"]},
}
