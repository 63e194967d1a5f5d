"""The autopilot: works agents marked automatic (a training or echo desk, the demo) by the services that people use."""

from datetime import datetime, timedelta
from typing import Final

from agents import finding, presence
from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.curators import back_at, is_on_shift, on_shift_until
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Agent, Presence
from agents.offering import offers
from config import due_work

DEFAULT_OUTCOME: Final = "info_given"
OFF_SHIFT: Final = "off_shift"
_LOOK_AGAIN: Final = timedelta(hours=1)
# Away for another reason they were sent away by a person, who also lets them come back.
_COMES_BACK_FROM: Final = frozenset({None, "new", "automatic", "rona", "declined", "unreachable", OFF_SHIFT})


def fly(floor: Floor, agent_id: str) -> None:
    """Do the next step of an automatic agent: come, go when the shift is over, end the talk, write the outcome down."""
    now = floor.centre.clock.now()
    with floor.centre.database.reading("automatic_agent") as tx:
        agent = tx.get(Agent, agent_id)
        if agent is None or not agent.is_automatic or agent.is_at_desk:
            return
        works = is_on_shift(tx, agent, now)
        offer = finding.open_offer_of(tx, agent)
        is_beside = offer is not None and offers.is_beside(offer)
        next_look = on_shift_until(tx, agent, now) if works else back_at(tx, agent, now)
    if not _is_time(agent, now):
        return
    try:
        match Presence(agent.presence):
            case Presence.AWAY if agent.presence_reason not in _COMES_BACK_FROM:
                return
            case Presence.AWAY if works:
                commands.become_available(floor, insurer_id=agent.insurer_id, code=agent.code)
            case Presence.AVAILABLE if not works:
                commands.go_away(floor, insurer_id=agent.insurer_id, code=agent.code, reason=OFF_SHIFT)
            case Presence.AWAY | Presence.AVAILABLE:
                _look_again(floor, agent, next_look or now + _LOOK_AGAIN)
            case Presence.ON_CALL if is_beside:
                # Whoever asked them in lets them go, or leaves the caller to them.
                return
            case Presence.ON_CALL:
                commands.hang_up(floor, insurer_id=agent.insurer_id, code=agent.code)
            case Presence.WRAP_UP:
                outcome = WrittenOutcome(DEFAULT_OUTCOME)
                record_call_outcome(floor, insurer_id=agent.insurer_id, code=agent.code, outcome=outcome)
            case Presence.OFFERED:
                return
    except NothingToDo:
        # The agent's state moved on meanwhile; the move made the next appointment.
        return


def _is_time(agent: Agent, now: datetime) -> bool:
    """A stale appointment, of a presence that has been left and entered anew, must not cut the new one short."""
    seconds = presence.AUTOPILOT_SECONDS.get(Presence(agent.presence), 0)
    return now >= agent.presence_since + timedelta(seconds=seconds)


def _look_again(floor: Floor, agent: Agent, at: datetime) -> None:
    with floor.centre.database.transaction("autopilot_later") as tx:
        due_work.schedule(tx, kind=presence.AUTOPILOT, subject_id=agent.id, insurer_id=agent.insurer_id, due_at=at)
