"""Finding calls: by id, by the carrier's sid, for reading or for writing."""

from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.util import identity_key

from config.database import Transaction
from config.prepared import Prepared
from ivr.calls.models import Call
from ivr.errors import UnknownCall

_CALLS: Final = cast(Table, Call.__table__)
_NAMES: Final = tuple(column.name for column in _CALLS.c)
# Built once: building a statement anew takes longer than the database needs for it.
_BY_ID: Final = Prepared(select(_CALLS).where(_CALLS.c.id == bindparam("call_id")).with_for_update())
_BY_SID: Final = Prepared(select(_CALLS).where(_CALLS.c.carrier_sid == bindparam("carrier_sid")).with_for_update())


def locked_call(tx: Transaction, call_id: str) -> Call:
    """The call, held against other writers until the transaction ends. Raises UnknownCall."""
    call = _locked(tx, _BY_ID, call_id=call_id)
    if call is None:
        raise UnknownCall(call_id)
    return call


def locked_call_by_sid(tx: Transaction, carrier_sid: str) -> Call | None:
    """The call with the carrier's sid, held against other writers; None if there is none."""
    return _locked(tx, _BY_SID, carrier_sid=carrier_sid)


def _locked(tx: Transaction, statement: Prepared, **given: Any) -> Call | None:
    """The row as an object of the session: one it has already stays as it is, another comes as if it had been loaded.

    Every turn begins with this, and the session's own way takes twice as long.
    """
    rows = statement.rows(tx, given)
    if not rows:
        return None
    values = dict(zip(_NAMES, rows[0], strict=True))
    known = tx.identity_map.get(identity_key(Call, values["id"]))
    if known is not None:
        return known
    call = Call(**values)
    make_transient_to_detached(call)
    tx.add(call)
    return call
