"""Finding calls: by id, by the carrier's sid, for reading or for writing."""

from typing import Final

from sqlalchemy import bindparam, select

from config.database import Transaction
from config.found_rows import FoundRows, columns_of
from ivr.calls.models import Call
from ivr.errors import UnknownCall

_CALLS: Final = columns_of(Call)
# Built once: building a statement anew takes longer than the database needs for it.
_BY_ID: Final = FoundRows(Call, select(_CALLS).where(_CALLS.c.id == bindparam("call_id")).with_for_update())
_BY_SID: Final = FoundRows(
    Call, select(_CALLS).where(_CALLS.c.carrier_sid == bindparam("carrier_sid")).with_for_update()
)


def locked_call(tx: Transaction, call_id: str) -> Call:
    """The call, held against other writers until the transaction ends. Raises UnknownCall."""
    call = _BY_ID.first(tx, call_id=call_id)
    if call is None:
        raise UnknownCall(call_id)
    return call


def locked_call_by_sid(tx: Transaction, carrier_sid: str) -> Call | None:
    """The call with the carrier's sid, held against other writers; None if there is none."""
    return _BY_SID.first(tx, carrier_sid=carrier_sid)
