"""Rows read for change: locked in one order (call, wait, offer, agent), so that no two workers wait in a ring."""

from typing import Final, TypeVar

from sqlalchemy import bindparam, select

from agents.errors import UnknownOffer
from agents.models import OPEN_OFFER, Agent, Offer, Wait
from config.database import Base, Transaction
from ivr.calls.models import Call

_Row = TypeVar("_Row", bound=Base)

# Built once: building a statement anew takes longer than the database needs for it.
_OPEN_OFFERS: Final = (
    select(Offer)
    .where(Offer.wait_id == bindparam("wait_id"), OPEN_OFFER)
    .order_by(Offer.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def locked(tx: Transaction, model: type[_Row], row_id: str) -> _Row | None:
    """The row as it is now, locked until the end of the transaction where the database locks rows."""
    # What this transaction changed already must reach the database before the row is read anew.
    tx.flush()
    return tx.get(model, row_id, with_for_update=True, populate_existing=True)


def locked_offer(tx: Transaction, offer_id: str) -> tuple[Call, Wait | None, Offer, Agent]:
    """An offer with all that it concerns, locked in order; without a wait that to listen to a call which an agent made.

    Raises UnknownOffer.
    """
    seen = tx.get(Offer, offer_id)
    if seen is None:
        raise UnknownOffer(offer_id)
    call = locked(tx, Call, seen.call_id)
    wait = None if seen.wait_id is None else locked(tx, Wait, seen.wait_id)
    offer, agent = locked(tx, Offer, offer_id), locked(tx, Agent, seen.agent_id)
    if call is None or offer is None or agent is None or (wait is None and seen.wait_id is not None):
        raise UnknownOffer(offer_id)
    return call, wait, offer, agent


def locked_offer_of_wait(tx: Transaction, offer_id: str) -> tuple[Call, Wait, Offer, Agent]:
    """As `locked_offer`, of an offer that has a wait; raises UnknownOffer for another too."""
    call, wait, offer, agent = locked_offer(tx, offer_id)
    if wait is None:
        raise UnknownOffer(offer_id)
    return call, wait, offer, agent


def open_offers(tx: Transaction, wait_id: str) -> list[Offer]:
    """The wait's offers that are not over, oldest first, locked."""
    return list(tx.scalars(_OPEN_OFFERS, {"wait_id": wait_id}))
