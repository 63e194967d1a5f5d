"""Conversations that are for nobody else, as a psychologist's are: which they are, and who has only such."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import or_, select

from agents.models import Agent, AgentSkill, Offer, Wait
from config.database import Transaction
from config.line_descriptions import Insurer, Queue
from ivr.calls.models import Call


def was_confidential(tx: Transaction, insurer: Insurer, call: Call) -> bool:
    """Whether the call was, at any time, for a queue whose conversations are confidential."""
    queues = [one.name for one in _confidential(insurer)]
    waited = select(Wait.id).where(Wait.call_id == call.id, Wait.queue.in_(queues))
    offered = select(Offer.id).where(Offer.call_id == call.id, Offer.queue.in_(queues))
    return tx.scalar(select(or_(waited.exists(), offered.exists()))) is True


def codes_in_confidence(tx: Transaction, insurer: Insurer) -> frozenset[str]:
    """Which agents serve confidential queues alone, beside emergencies: nobody is passed on to them by name.

    The conversation would be of the queue that the caller came from: recorded, known by name, asked for a mark.
    """
    if not _confidential(insurer):
        return frozenset()
    of_agents = defaultdict[str, set[str]](set)
    statement = select(Agent.code, AgentSkill.skill).join(AgentSkill, AgentSkill.agent_id == Agent.id)
    for code, skill in tx.execute(statement.where(Agent.insurer_id == insurer.id)):
        of_agents[code].add(skill)
    return frozenset(code for code, skills in of_agents.items() if _is_in_confidence(insurer, skills))


def _confidential(insurer: Insurer) -> list[Queue]:
    return [one for one in insurer.queues.values() if one.is_confidential]


def _is_in_confidence(insurer: Insurer, skills: Collection[str]) -> bool:
    """A queue that asks for no skill is everybody's."""
    served = [one for one in insurer.queues.values() if one.skills and set(one.skills) <= set(skills)]
    return bool(served) and all(one.is_confidential for one in served)
