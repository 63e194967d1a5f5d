"""Finding calls: by id, by the carrier's sid, for reading or for writing."""

from typing import Final

from sqlalchemy import bindparam, select

from config.database import Transaction
from ivr.calls.models import Call
from ivr.errors import UnknownCall

# Built once: building a statement anew takes longer than the database needs for it.
_BY_ID: Final = select(Call).where(Call.id == bindparam("call_id")).with_for_update()
_BY_SID: Final = select(Call).where(Call.carrier_sid == bindparam("carrier_sid")).with_for_update()


def locked_call(tx: Transaction, call_id: str) -> Call:
    """The call, held against other writers until the transaction ends. Raises UnknownCall."""
    call = tx.scalars(_BY_ID, {"call_id": call_id}).one_or_none()
    if call is None:
        raise UnknownCall(call_id)
    return call


def locked_call_by_sid(tx: Transaction, carrier_sid: str) -> Call | None:
    """The call with the carrier's sid, held against other writers; None if there is none."""
    return tx.scalars(_BY_SID, {"carrier_sid": carrier_sid}).one_or_none()
