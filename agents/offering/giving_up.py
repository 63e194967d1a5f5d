"""A wait that is given up: its caller goes on along the flow, as after the longest wait; an emergency, to the duty."""

from datetime import datetime
from typing import Final

from agents.addresses import duty_url
from agents.floor import Floor
from agents.models import Wait, WaitState
from agents.offering import offers
from agents.waiting import waits
from config import due_work
from config.database import Transaction
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone

GO_ON: Final = "go_on_after_waiting"


def give_up(tx: Transaction, *, call: Call, wait: Wait, reason: str, at: datetime) -> None:
    """End a locked wait that nobody has answered; its offers are withdrawn, and the caller is told to go on."""
    offers.withdraw_all(tx, call=call, wait=wait, reason=reason, at=at)
    waits.end(tx, wait, WaitState.LEFT, reason=reason, at=at)
    due_work.schedule(tx, kind=GO_ON, subject_id=call.id, insurer_id=call.insurer_id, due_at=at)


def go_on(floor: Floor, call_id: str) -> None:
    """Due work: have the caller go where the flow leads those who waited too long; one who is gone needs nothing."""
    with floor.centre.database.reading("call_to_go_on") as tx:
        call = tx.get(Call, call_id)
    if call is None or call.ended_at is not None:
        return
    try:
        floor.carrier.redirect(call_sid=call.carrier_sid, document_url=duty_url(floor.centre.settings, call_id))
    except CallGone:
        return
