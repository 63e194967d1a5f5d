"""Which conversations of a call may be evaluated: who spoke with the caller, in which recordings, who may judge it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from agents.confidence import was_confidential
from agents.models import SERVING_PURPOSES, Agent, Dial, Offer
from agents.quality.errors import NotScorable, Why
from agents.sight import is_anonymous
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call
from recordings.models import Recording


@dataclass(frozen=True)
class Evaluator:
    """A supervisor as they sign in: the account, the name that the audit has, their agent's row if they have one."""

    account_id: str
    name: str
    agent_id: str | None


@dataclass(frozen=True)
class Spoken:
    """One agent's part in a call: from which queue (None in a call that they made), and the carrier's names of the
    conversations, by which their recordings are known.
    """

    agent_id: str
    code: str
    title: str
    queue: str | None
    conversations: frozenset[str]


def spoken_in(tx: Transaction, call: Call) -> list[Spoken]:
    """The agents who had the caller of `call`, in the order of it; whoever only listened or was consulted is not."""
    found: dict[str, Spoken] = {}
    for agent, queue, conversation in (*_served(tx, call), *_dialled(tx, call)):
        before = found.get(agent.id)
        names = frozenset({conversation} if conversation else ()) | (before.conversations if before else frozenset())
        found[agent.id] = Spoken(agent.id, agent.code, agent.title, before.queue if before else queue, names)
    return list(found.values())


def conversation_to_score(tx: Transaction, insurer: Insurer, call: Call, *, agent_id: str, by: Evaluator) -> Spoken:
    """The part of this agent in the call, which `by` may evaluate. Raises NotScorable."""
    if call.ended_at is None:
        raise NotScorable(Why.GOES_ON)
    if is_nobodys(tx, insurer, call):
        raise NotScorable(Why.ANONYMOUS)
    spoken = {one.agent_id: one for one in spoken_in(tx, call)}
    if by.agent_id in spoken:
        raise NotScorable(Why.OWN_CALL)
    if agent_id not in spoken:
        raise NotScorable(Why.NOT_IN_IT)
    return spoken[agent_id]


def is_nobodys(tx: Transaction, insurer: Insurer, call: Call) -> bool:
    """Whether the call is the psychologist's, or was at any time: nothing of it is judged."""
    return is_anonymous(tx, insurer, call) or was_confidential(tx, insurer, call)


def recordings_of(tx: Transaction, call_id: str, conversations: frozenset[str]) -> Sequence[str]:
    """The ids of the recordings of these conversations alone: parts of the call with others are not among them."""
    of_call = select(Recording.id).where(Recording.call_id == call_id, Recording.conversation.in_(conversations))
    return tx.scalars(of_call.order_by(Recording.id)).all()


_Part = tuple[Agent, str | None, str | None]


def _served(tx: Transaction, call: Call) -> Iterator[_Part]:
    statement = (
        select(Agent, Offer.queue, Offer.conference)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.call_id == call.id, Offer.bridged_at.is_not(None), Offer.purpose.in_(SERVING_PURPOSES))
        .order_by(Offer.accepted_at, Offer.id)
    )
    yield from ((agent, queue, conference) for agent, queue, conference in tx.execute(statement))


def _dialled(tx: Transaction, call: Call) -> Iterator[_Part]:
    """A call that the agent made to a number; one between colleagues is nobody's to judge."""
    statement = (
        select(Agent, Dial.id)
        .join(Dial, Dial.agent_id == Agent.id)
        .where(Dial.call_id == call.id, Dial.colleague_id.is_(None))
    )
    yield from ((agent, None, conversation) for agent, conversation in tx.execute(statement))
