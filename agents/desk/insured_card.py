"""An insured person's page: masked, and only as whole as the agent's call with them, or a supervisor's role, allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from agents.models import Agent, Presence
from agents.sight import Sight, may_concern, sight_of
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Outcome, Request
from ivr.insured.cards import Card, show_cards
from ivr.insured.identification import may_hear_personal
from ivr.insured.models import InsuredPerson

_LAST: Final = 5
_WITH_A_CALL: Final = (Presence.ON_CALL, Presence.WRAP_UP)


@dataclass(frozen=True)
class LastCall:
    """A call about the person, and what came of it."""

    started_at: datetime
    line: str
    outcome: str | None


@dataclass(frozen=True)
class InsuredPage:
    """The masked card; name and birth date in a call with the person confirmed; `has_health` says whether requests,
    services used and earlier calls are sent at all.
    """

    card: Card
    name: str | None
    born_on: date | None
    has_health: bool
    requests: Sequence[Request]
    calls: Sequence[LastCall]


def insured_page(
    tx: Transaction,
    *,
    insurer: Insurer,
    insured_id: str,
    agent_id: str | None,
    is_supervisor: bool,
    actor: str,
    at: datetime,
) -> InsuredPage | None:
    """The page as `actor` may see it, which is audited: `tx` must write. None for nobody of this insurer."""
    cards = show_cards(tx, insurer=insurer, by=actor, at=at, insured_id=insured_id)
    if not cards:
        return None
    call = _call_with(tx, insurer, insured_id, agent_id)
    has_health = is_supervisor if call is None else sight_of(tx, insurer, call) is Sight.PERSON
    person = tx.get_one(InsuredPerson, insured_id)
    return InsuredPage(
        card=cards[0],
        name=None if call is None else person.full_name,
        born_on=None if call is None else person.birth_date,
        has_health=has_health,
        requests=_requests(tx, insurer, insured_id, call) if has_health or call is not None else (),
        calls=_calls(tx, insurer, insured_id) if has_health else (),
    )


def _call_with(tx: Transaction, insurer: Insurer, insured_id: str, agent_id: str | None) -> Call | None:
    """The agent's call, if its caller may hear what stands on this person's record."""
    agent = None if agent_id is None else tx.get(Agent, agent_id)
    if agent is None or agent.call_id is None or agent.presence not in _WITH_A_CALL:
        return None
    call = tx.get(Call, agent.call_id)
    is_theirs = call is not None and call.insurer_id == insurer.id and call.insured_id == insured_id
    return call if call is not None and is_theirs and may_hear_personal(call, insurer) else None


def _requests(tx: Transaction, insurer: Insurer, insured_id: str, call: Call | None) -> list[Request]:
    open_ones = select(Request).where(
        Request.insurer_id == insurer.id, Request.insured_id == insured_id, Request.closed_at.is_(None)
    )
    found = tx.scalars(open_ones.order_by(Request.due_at.is_(None), Request.due_at, Request.id))
    return [one for one in found if call is None or may_concern(tx, insurer, call, one.kind)]


def _calls(tx: Transaction, insurer: Insurer, insured_id: str) -> list[LastCall]:
    rows = tx.execute(
        select(Call.started_at, Call.line, Outcome.code)
        .outerjoin(Outcome, (Outcome.call_id == Call.id) & Outcome.is_primary)
        .where(Call.insurer_id == insurer.id, Call.insured_id == insured_id, Call.level.in_(("identified", "verified")))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(_LAST)
    )
    return [LastCall(*row) for row in rows]
