"""Numbers and colleagues that agents ask to ring: which may be rung, from where, and what the page is given.

The page never has the number: it is given the id of a `Dial`, its telephone calls that id, and `/voice/outgoing` finds
the number by it; so what may be dialled is decided where it is asked, and once.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents.dialling import colleague_calls
from agents.errors import NothingToDo
from agents.finding import agent_named
from agents.floor import Floor
from agents.models import Agent, Dial, DialState, Presence
from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.phone_numbers import PhoneNumber
from config.settings import dial_prefixes
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson, InsuredPhone

ASKED_FOR: Final = timedelta(seconds=60)
"""How long a page may take to place the call that it asked for."""
MAY_DIAL: Final = (Presence.AVAILABLE, Presence.AWAY, Presence.WRAP_UP)
"""Who may make a call: whoever has none."""

_ANI_OF: Final = "caller"
_INSURED: Final = "insured"


class NumberRefused(NothingToDo):
    """Agents may not dial this number."""


def ask(
    floor: Floor, *, insurer_id: str, code: str, number: PhoneNumber, about_call_id: str | None = None
) -> str:
    """Note that the agent is about to dial a number; the id for their page. Audited.

    Raises NumberRefused, and NothingToDo for who has a call, or a telephone that rings.
    """
    check_number(floor, code, number)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("ask_to_dial") as tx:
        agent = _who_may_dial(tx, insurer_id, code)
        dial = new_dial(insurer_id, agent.id, number, now, about_call_id=about_call_id)
        tx.add(dial)
        audit_dial(tx, dial, code, now, action="dials")
        return dial.id


def ask_colleague(
    floor: Floor,
    *,
    insurer_id: str,
    code: str,
    extension: str | None = None,
    to_code: str | None = None,
    about_call_id: str | None = None,
) -> str:
    """Note that the agent is about to ring a colleague, by extension or code; the id for their page. Audited.

    Raises UnknownAgent, OwnExtension, ColleagueNotFree, and NothingToDo for who has a call, or a telephone that rings.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("ask_to_ring_colleague") as tx:
        agent = _who_may_dial(tx, insurer_id, code)
        colleague = colleague_calls.colleague_to_ring(tx, agent, extension=extension, to_code=to_code)
        dial = new_dial(insurer_id, agent.id, colleague, now, about_call_id=about_call_id)
        tx.add(dial)
        audit_dial(tx, dial, code, now, action="rings_colleague")
        return dial.id


def number_on_card(floor: Floor, *, insurer_id: str, code: str, call_id: str, whose: str) -> PhoneNumber:
    """The number of the caller, or the insured person's first, of the call that the agent has or writes down.

    Raises NothingToDo where there is none, or the call is another's.
    """
    with floor.centre.database.reading("number_on_card") as tx:
        agent = tx.scalar(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code))
        call = tx.get(Call, call_id)
        if agent is None or call is None or agent.call_id != call.id or call.is_anonymous:
            raise NothingToDo(f"{code} does not have this call")
        found = _number(tx, call, whose)
    if found is None:
        raise NothingToDo("there is no such number on the card")
    return found


def check_number(floor: Floor, code: str, number: PhoneNumber) -> None:
    """Raise NumberRefused for a number that agents may not dial."""
    if not number.e164.startswith(dial_prefixes(floor.centre.settings)):
        raise NumberRefused(f"{code} may not dial this number")


def new_dial(
    insurer_id: str, agent_id: str, whom: PhoneNumber | Agent, now: datetime, *, about_call_id: str | None
) -> Dial:
    """What an agent asks to ring, not yet written."""
    return Dial(
        id=new_id(now),
        insurer_id=insurer_id,
        agent_id=agent_id,
        about_call_id=about_call_id,
        colleague_id=whom.id if isinstance(whom, Agent) else None,
        e164=None if isinstance(whom, Agent) else whom.e164,
        extension=whom.extension,
        state=DialState.ASKED,
        asked_at=now,
    )


def audit_dial(tx: Transaction, dial: Dial, code: str, now: datetime, *, action: str) -> None:
    """Write down that the agent asked for it."""
    audit(
        tx,
        insurer_id=dial.insurer_id,
        at=now,
        actor=code,
        action=action,
        subject_kind="dial",
        subject_id=dial.id,
        call=dial.about_call_id,
    )


def _who_may_dial(tx: Transaction, insurer_id: str, code: str) -> Agent:
    agent = agent_named(tx, insurer_id, code)
    if agent.presence not in MAY_DIAL:
        raise NothingToDo(f"{code} is {agent.presence}")
    return agent


def _number(tx: Transaction, call: Call, whose: str) -> PhoneNumber | None:
    if whose == _ANI_OF:
        return None if call.ani is None else PhoneNumber(call.ani)
    if whose != _INSURED or call.insured_id is None:
        return None
    row = tx.execute(
        select(InsuredPhone.e164, InsuredPhone.extension)
        .join(InsuredPerson, InsuredPerson.id == InsuredPhone.insured_id)
        .where(InsuredPhone.insured_id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id)
        .order_by(InsuredPhone.id)
        .limit(1)
    ).first()
    return None if row is None else PhoneNumber(row.e164, row.extension)
