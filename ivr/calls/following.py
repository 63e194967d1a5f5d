"""Following one call in the centre's log while it goes on: what only the centre knows of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from config.database import Database, Transaction
from ivr.calls.models import Call, CallEvent, Outcome

News = Mapping[str, Any]


@dataclass
class CallFollower:
    """Reads the log of the call with this carrier's sid, from where it stopped reading last time."""

    database: Database
    carrier_sid: str
    seen: int = 0

    def news(self) -> Sequence[News]:
        """The call's events since the last time, as `identified`, `queued`, `position`, `offered`, `connected`, `sms`
        and `recorded`, each with `at`; other events are left out.
        """
        with self.database.reading("follow_call") as tx:
            call = self._call(tx)
            if call is None:
                return []
            rows = tx.scalars(
                select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.seq > self.seen).order_by(CallEvent.seq)
            ).all()
        self.seen = rows[-1].seq if rows else self.seen
        return [told for row in rows if (told := _told(row, call)) is not None]

    def ending(self) -> News | None:
        """`outcome`, `call_id`, `duration_seconds` and `hangup_cause`, once call and primary outcome are on record."""
        with self.database.reading("follow_call") as tx:
            call = self._call(tx)
            if call is None or call.ended_at is None:
                return None
            outcome = tx.scalar(select(Outcome.code).where(Outcome.call_id == call.id, Outcome.is_primary))
        if outcome is None:
            return None
        return {
            "outcome": outcome,
            "call_id": call.id,
            "duration_seconds": round((call.ended_at - call.started_at).total_seconds(), 1),
            "hangup_cause": call.hangup_cause,
        }

    def _call(self, tx: Transaction) -> Call | None:
        return tx.scalar(select(Call).where(Call.carrier_sid == self.carrier_sid))


def _told(row: CallEvent, call: Call) -> News | None:
    tell = _TOLD.get(row.kind)
    facts = tell(row.data, call) if tell else None
    return None if facts is None else {**facts, "at": row.at.isoformat(), "call_id": call.id}


def _identified(data: News, call: Call) -> News | None:
    if data.get("action") != "identify" or data.get("result") != "identified":
        return None
    return {"kind": "identified", "level": call.level}


_TOLD: Final[Mapping[str, Callable[[News, Call], News | None]]] = {
    "action_answered": _identified,
    "wait_began": lambda data, _: {"kind": "queued", "queue": data["queue"], "emergency": data["emergency"]},
    "place_told": lambda data, _: {
        "kind": "position",
        "ahead": data["ahead"],
        "wait_seconds": data["estimate_seconds"],
    },
    "offer_ringing": lambda data, _: {"kind": "offered", "agent": data["agent"]},
    "agent_connected": lambda data, _: {"kind": "connected", "agent": data["agent"]},
    "message_written": lambda data, _: {"kind": "sms", "template": data["template"]},
    "message_left": lambda data, _: {"kind": "recorded", "seconds": data["seconds"]},
}
