"""What an agent does with the recording of their own call: pause it for what must not be recorded, and go on."""

from sqlalchemy import select

from agents.commands import agent_named
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import SERVING_PURPOSES, Agent, Dial, DialState, Offer, OfferState, Presence
from agents.rows import locked
from config.database import Transaction
from ivr.calls.models import Call
from recordings.errors import NothingRecorded
from recordings.pauses import PAUSE, set_paused


def pause_recording(floor: Floor, *, insurer_id: str, code: str, on: bool) -> None:
    """Pause the recording of the agent's call, or go on. The carrier is told at once, and again until it has done it.

    Raises UnknownAgent, and NothingToDo for who has no call of their own, or one that is not recorded.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("pause_recording") as tx:
        agent = agent_named(tx, insurer_id, code)
        call_id = agent.call_id
        if call_id is None or agent.presence != Presence.ON_CALL or not _is_own_call(tx, agent, call_id):
            raise NothingToDo(f"{code} has no call to pause the recording of")
        call = locked(tx, Call, call_id)
        if call is None:
            raise NothingToDo(f"{code} has no call")
        try:
            set_paused(tx, call, on=on, by=code, at=now)
        except NothingRecorded as error:
            raise NothingToDo(f"the call of {code} is not recorded") from error
    floor.centre.plan.perform(PAUSE, call_id)


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
