"""Calls that we place at the carrier: found again after an answer of it that was lost."""

from datetime import datetime, timedelta

from sqlalchemy import select, union_all

from agents.floor import Floor
from agents.models import Callback, Dial


def live_call(floor: Floor, *, to: str, caller_id: str, since: datetime) -> str | None:
    """The sid of the live call to a number that a lost answer was about; None if nothing rings there.

    From the same line, and nobody else's: another insurer may ring the same person in the same moment, or this one for
    another reason.
    """
    live = [
        placed.sid
        for placed in floor.carrier.calls_since(since - timedelta(seconds=2))
        if not placed.is_inbound
        and placed.to_number == to
        and placed.from_number == caller_id
        and not placed.status.is_over
    ]
    with floor.centre.database.reading("calls_known") as tx:
        promised = select(Callback.carrier_sid).where(Callback.carrier_sid.in_(live))
        dialled = select(Dial.number_sid).where(Dial.number_sid.in_(live))
        known = set(tx.scalars(union_all(promised, dialled)))
    return next((sid for sid in live if sid not in known), None)
