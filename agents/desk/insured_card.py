"""An insured person's page: masked, and only as whole as the agent's call with them, or a supervisor's role, allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from agents.desk import earlier_calls
from agents.models import Agent, Presence
from agents.sight import AGENT_WITHOUT_CALL, SUPERVISOR_WITHOUT_CALL, Sight, open_on_file, sight_of
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Request
from ivr.insured.cards import Card, show_cards
from ivr.insured.models import InsuredPerson

_WITH_A_CALL: Final = (Presence.ON_CALL, Presence.WRAP_UP)


@dataclass(frozen=True)
class LastCall:
    """A call about the person, and what came of it."""

    started_at: datetime
    line: str
    outcome: str | None


@dataclass(frozen=True)
class InsuredPage:
    """The masked card; name and birth date where the record may be shown whole; `may` says what else is sent at all."""

    may: Sight
    card: Card
    name: str | None
    born_on: date | None
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
    """The page as `actor` may see it; audited, see `audited_reading`. None for nobody of this insurer."""
    cards = show_cards(tx, insurer=insurer, by=actor, at=at, insured_id=insured_id)
    if not cards:
        return None
    may = _sight_in_call_with(tx, insurer, insured_id, agent_id)
    if may is None:
        may = SUPERVISOR_WITHOUT_CALL if is_supervisor else AGENT_WITHOUT_CALL
    person = tx.get_one(InsuredPerson, insured_id)
    return InsuredPage(
        may=may,
        card=cards[0],
        name=person.full_name if may.is_whole else None,
        born_on=person.birth_date if may.is_whole else None,
        requests=open_on_file(tx, insurer, insured_id, may),
        calls=_calls(tx, insurer, insured_id) if may.history else (),
    )


def _sight_in_call_with(tx: Transaction, insurer: Insurer, insured_id: str, agent_id: str | None) -> Sight | None:
    """What the agent's call lets them see, if its caller may hear what stands on this person's file."""
    agent = None if agent_id is None else tx.get(Agent, agent_id)
    if agent is None or agent.call_id is None or agent.presence not in _WITH_A_CALL:
        return None
    call = tx.get(Call, agent.call_id)
    if call is None or call.insurer_id != insurer.id or call.insured_id != insured_id:
        return None
    sight = sight_of(tx, insurer, call)
    return sight if sight.file else None


def _calls(tx: Transaction, insurer: Insurer, insured_id: str) -> list[LastCall]:
    calls = tx.scalars(earlier_calls.calls_about(insurer.id, insured_id)).all()
    outcomes = earlier_calls.outcomes_of(tx, [one.id for one in calls])
    return [LastCall(one.started_at, one.line, outcomes.get(one.id)) for one in calls]
