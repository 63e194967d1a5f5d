"""What is drawn to be evaluated next: so many calls of each agent a week, by a lot that nobody can steer.

The lot of a conversation is made with the centre's own secret, so it is random to everybody and the same at each look:
nobody can load the page anew until a call that they like comes up.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import select

from agents.models import SERVING_PURPOSES, Agent, Offer
from agents.models.evaluations import COUNTED, Evaluation
from agents.quality.conversations import Evaluator, is_nobodys, spoken_in
from config.centre import Centre
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from ivr.calls.models import Call
from recordings.models import KEPT, Recording

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Drawn:
    """A conversation that is to be evaluated."""

    call_id: str
    agent_id: str
    agent: str
    line: str
    queue: str
    call_at: datetime


@dataclass(frozen=True)
class Quota:
    """An agent of the last seven days: how many calls are evaluated of how many asked for, and what is drawn."""

    agent: str
    title: str
    evaluated: int
    wanted: int
    drawn: tuple[Drawn, ...]


def quotas(tx: Transaction, centre: Centre, insurer: Insurer, *, by: Evaluator, at: datetime) -> list[Quota]:
    """Every agent of the insurer who had recorded calls in the last seven days, by code."""
    since, wanted = at - WEEK, insurer.quality.calls_a_week
    found = _recorded(tx, centre, insurer, since)
    agents = select(Agent).where(Agent.insurer_id == insurer.id, Agent.id.in_(found)).order_by(Agent.code)
    evaluated = _evaluated(tx, insurer, since)
    done = {agent_id: len(calls) for agent_id, calls in evaluated.items()}
    return [
        Quota(
            agent=one.code,
            title=one.title,
            evaluated=done.get(one.id, 0),
            wanted=wanted,
            drawn=tuple(
                islice(
                    _drawable(tx, insurer, found[one.id], evaluated.get(one.id, frozenset()), by),
                    max(0, wanted - done.get(one.id, 0)),
                )
            ),
        )
        for one in tx.scalars(agents)
    ]


def _recorded(tx: Transaction, centre: Centre, insurer: Insurer, since: datetime) -> Mapping[str, list[Drawn]]:
    """By agent's id, in the order of their lots: what can be listened to."""
    statement = (
        select(Offer.call_id, Offer.agent_id, Agent.code, Call.line, Offer.queue, Call.started_at)
        .join(Call, Call.id == Offer.call_id)
        .join(Agent, Agent.id == Offer.agent_id)
        .join(Recording, Recording.conversation == Offer.conference)
        .where(
            *(Offer.id >= first_id_at(since), Offer.insurer_id == insurer.id, Offer.bridged_at.is_not(None)),
            *(Offer.purpose.in_(SERVING_PURPOSES), Recording.state.in_(KEPT)),
            *(Call.ended_at.is_not(None), Call.is_anonymous.is_(False)),
        )
    )
    found: defaultdict[str, list[Drawn]] = defaultdict(list)
    secret = centre.settings.secret_pepper
    for one in sorted({Drawn(*row) for row in tx.execute(statement)}, key=lambda drawn: _lot(secret, drawn)):
        found[one.agent_id].append(one)
    return found


def _lot(secret: bytes, drawn: Drawn) -> bytes:
    return hmac.digest(secret, f"drawn to be evaluated:{drawn.call_id}:{drawn.agent_id}".encode(), "sha256")


def _evaluated(tx: Transaction, insurer: Insurer, since: datetime) -> Mapping[str, frozenset[str]]:
    """The calls of each agent that are evaluated, or begun to be."""
    statement = select(Evaluation.agent_id, Evaluation.call_id).where(
        Evaluation.insurer_id == insurer.id, Evaluation.call_id >= first_id_at(since), COUNTED
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for agent_id, call_id in tx.execute(statement):
        found[agent_id].add(call_id)
    return {agent_id: frozenset(calls) for agent_id, calls in found.items()}


def _drawable(
    tx: Transaction, insurer: Insurer, drawn: Sequence[Drawn], evaluated: frozenset[str], by: Evaluator
) -> Iterator[Drawn]:
    """What is not evaluated yet, is nobody's secret, and is not the supervisor's own call."""
    for one in drawn:
        if one.call_id in evaluated:
            continue
        call = tx.get_one(Call, one.call_id)
        is_own = any(spoken.agent_id == by.agent_id for spoken in spoken_in(tx, call))
        if not is_own and not is_nobodys(tx, insurer, call):
            yield one
