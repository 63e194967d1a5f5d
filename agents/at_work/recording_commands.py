"""What an agent does with the recording of their own call: pause it for what must not be recorded, and go on."""

from sqlalchemy import select

from agents.errors import NothingToDo
from agents.finding import agent_named
from agents.floor import Floor
from agents.models import SERVING_PURPOSES, Agent, Dial, DialState, Offer, OfferState, Presence
from agents.rows import locked
from config.database import Transaction
from ivr.calls.models import Call
from recordings.errors import NothingRecorded
from recordings.pauses import PAUSE, set_paused


def pause_recording(floor: Floor, *, insurer_id: str, code: str, on: bool, call_id: str | None = None) -> None:
    """Pause the recording of the agent's call, or go on. The carrier is told at once, and again until it has done it.

    Raises UnknownAgent, and NothingToDo for who has no call of their own, another than `call_id`, or one that is not
    recorded.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("pause_recording") as tx:
        agent = agent_named(tx, insurer_id, code)
        own_id = agent.call_id if agent.presence == Presence.ON_CALL else None
        call = None if own_id is None or not _is_own_call(tx, agent, own_id) else locked(tx, Call, own_id)
        if call is None or call_id not in (None, call.id):
            raise NothingToDo(f"{code} has no such call to pause the recording of")
        try:
            set_paused(tx, call, on=on, by=code, at=now)
        except NothingRecorded as error:
            raise NothingToDo(f"the call of {code} is not recorded") from error
    floor.centre.plan.perform(PAUSE, call.id)


def _is_own_call(tx: Transaction, agent: Agent, call_id: str) -> bool:
    """Whether the agent has this caller, or rang this number; who only joined the conversation has not."""
    serving = select(Offer.id).where(
        Offer.agent_id == agent.id,
        Offer.call_id == call_id,
        Offer.state == OfferState.ACCEPTED,
        Offer.purpose.in_(SERVING_PURPOSES),
    )
    dialled = select(Dial.id).where(
        Dial.agent_id == agent.id, Dial.call_id == call_id, Dial.state == DialState.PLACED
    )
    return tx.scalar(serving) is not None or tx.scalar(dialled) is not None
