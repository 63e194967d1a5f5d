"""What the agents' side does when the phone side announces something; always inside the announcer's transaction."""

from typing import Any

from sqlalchemy import select

from agents.calling_back.callbacks import EMERGENCY_DROP, OwedCalls
from agents.calling_back.placing import conversation_over
from agents.dialling import dialled_calls
from agents.models import Wait, WaitState
from agents.queues import WaitingLines
from config.centre import Centre
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, Direction
from ivr.calls.outcomes import has_reached_duty
from ivr.signals import call_ended


class Listener:
    """Hears `call_ended`: closes the wait, settles a callback, and owes one after an emergency that broke off."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._queues = WaitingLines(centre)
        self._owed = OwedCalls(centre)

    def connect(self) -> None:
        """Begin to listen to this centre's calls."""
        call_ended.connect(self.on_call_ended, sender=self._centre)

    def on_call_ended(self, _sender: Any, *, tx: Transaction, call: Call, **_more: Any) -> None:
        """The caller's own connection is over."""
        now = self._centre.clock.now()
        self._queues.leave(tx, call, reason="hangup")
        conversation_over(tx, self._centre, call, now)
        dialled_calls.over(tx, call, at=now)
        if call.is_emergency and _broke_off(tx, call):
            record(tx, call, "emergency_dropped", at=now, alarm=True)
            self._owed.promise(tx, call, reason=EMERGENCY_DROP, keep_place=False, is_urgent=True)


def _broke_off(tx: Transaction, call: Call) -> bool:
    """Whether an emergency ended before anyone could help: no agent spoke, nor whoever has the duty number.

    A call that we placed and that never came into the queue was an attempt, which its callback counts.
    """
    waits = tx.scalars(select(Wait.state).where(Wait.call_id == call.id)).all()
    if not waits and call.direction == Direction.OUTBOUND:
        return False
    return WaitState.SERVED not in waits and not has_reached_duty(tx, call.id)
