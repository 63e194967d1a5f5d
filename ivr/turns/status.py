"""The carrier's news of a call's end: in any order, however often."""

import logging
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from ivr.calls.ending import end_call
from ivr.calls.finding import locked_call_by_sid
from ivr.carrier.port import CarrierStatus
from ivr.phone_side import PhoneSide
from ivr.turns.opening import Arrival, write_ended

log = logging.getLogger("pult.turns")


def call_over(
    phone: PhoneSide,
    arrival: Arrival,
    status: CarrierStatus,
    *,
    began_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> None:
    """The call is over. An end that overtook its call's announcement writes the call, ended; others change nothing.

    `began_at` and `ended_at` are what the carrier knows of a call that we missed.
    """
    if not status.is_over:
        return
    try:
        _end(phone, arrival, status, began_at, ended_at)
    except IntegrityError:
        # The announcement came between the look and the row.
        _end(phone, arrival, status, began_at, ended_at)


def _end(
    phone: PhoneSide, arrival: Arrival, status: CarrierStatus, began_at: datetime | None, ended_at: datetime | None
) -> None:
    with phone.centre.database.transaction("end_call") as tx:
        call = locked_call_by_sid(tx, arrival.carrier_sid)
        if call is None:
            write_ended(phone, tx, arrival, cause=status.value, began_at=began_at, ended_at=ended_at)
        else:
            end_call(phone.centre, tx, call, cause=status.value, at=phone.centre.clock.now())
