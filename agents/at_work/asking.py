"""What an agent asks to find out who is calling and about whom: policy and birth date, questions, the caller's role.

The answers are compared here and never shown: a page that asks for them knows no more than the caller said.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from agents.at_work.wrap_up import call_of_agent
from agents.errors import NothingToDo, TriesUsedUp
from agents.floor import Floor
from agents.models import Agent
from config.audit import audit
from config.database import Transaction
from flows.actions import CALLER_ROLES
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent
from ivr.insured import identification
from ivr.insured.identification import Finding
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy

TRIES: Final = 3
_ASKED: Final = "questions_asked"
_PHONE_DIGITS: Final = 4
_LONGEST_ADDRESS: Final = 300


@dataclass(frozen=True)
class Answers:
    """What the caller said: the full name, and at least one of the others. `phone` is the last four digits of any
    telephone on the record.
    """

    name: str
    phone: str = ""
    city: str = ""
    employer: str = ""


def identify_by_policy(
    floor: Floor, *, insurer_id: str, code: str, call_id: str, policy: str, born_on: date | None
) -> Finding:
    """The caller said policy number and birth date. Counted against guessing as if it had been keyed; audited.

    Raises NothingToDo for a call that the agent does not have.
    """
    now = floor.centre.clock.now()
    insurer = floor.centre.insurers[insurer_id]
    with floor.centre.database.transaction("identify_by_policy") as tx:
        call, agent = call_of_agent(tx, insurer_id, code, call_id)
        found = identification.identify(
            tx,
            call=call,
            insurer=insurer,
            pepper=floor.centre.settings.secret_pepper,
            policy_digits="".join(sign for sign in policy if sign.isascii() and sign.isdecimal()),
            born_on=born_on,
            at=now,
            today=now.astimezone(insurer.time_zone).date(),
        )
        _audit(tx, call, agent, "asked_for_policy", now, finding=str(found.finding))
        return found.finding


def verify_by_answers(floor: Floor, *, insurer_id: str, code: str, call_id: str, answers: Answers) -> bool:
    """Whether the answers fit the insured person; if they do the caller is verified. Audited either way.

    Raises NothingToDo for a call that the agent does not have or in which nobody was identified, and TriesUsedUp.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("verify_by_answers") as tx:
        call, agent = call_of_agent(tx, insurer_id, code, call_id)
        if _tries(tx, call) >= TRIES:
            raise TriesUsedUp(f"{code}: {TRIES} tries to verify this caller did not fit")
        is_right = _fits(tx, call, answers)
        record(tx, call, _ASKED, at=now, agent=agent.code, fits=is_right)
        if is_right and not identification.verify(tx, call=call, by=agent.code, at=now):
            raise NothingToDo(f"{code}: nobody was identified in this call, so nobody can be verified")
        _audit(tx, call, agent, "verified_caller" if is_right else "asked_in_vain", now)
        return is_right


def set_caller_role(floor: Floor, *, insurer_id: str, code: str, call_id: str, role: str) -> None:
    """Note who the caller is to the insured person; empty for not known. Raises NothingToDo, and ValueError for a role
    that there is not.
    """
    if role and role not in CALLER_ROLES:
        raise ValueError("no such role")
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("set_caller_role") as tx:
        call, agent = call_of_agent(tx, insurer_id, code, call_id)
        _refuse_if_anonymous(call)
        if (call.caller_role or "") != role:
            call.caller_role = role or None
            record(tx, call, "caller_role_told", at=now, role=role, by=agent.code)


def note_address(floor: Floor, *, insurer_id: str, code: str, call_id: str, address: str) -> None:
    """Write where help is needed on the call, so that whoever has it next sees it too. Raises NothingToDo."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_address") as tx:
        call, agent = call_of_agent(tx, insurer_id, code, call_id)
        _refuse_if_anonymous(call)
        call.address = " ".join(address.split())[:_LONGEST_ADDRESS] or None
        record(tx, call, "address_noted", at=now, agent=agent.code)


def _refuse_if_anonymous(call: Call) -> None:
    if call.is_anonymous:
        raise NothingToDo("the call is anonymous: nothing is written down about the caller")


def _tries(tx: Transaction, call: Call) -> int:
    asked = select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == _ASKED)
    return sum(not data["fits"] for data in tx.scalars(asked))


def _fits(tx: Transaction, call: Call, answers: Answers) -> bool:
    """The name and something else, and nothing that was answered is wrong."""
    row = tx.execute(
        select(InsuredPerson, Policy)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .where(InsuredPerson.id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id)
    ).one_or_none()
    if row is None:
        raise NothingToDo("nobody was identified in this call, so nobody can be verified")
    person, policy = row
    others = [
        (answers.phone, _plain(answers.phone) in _phone_ends(tx, person)),
        (answers.city, _plain(answers.city) == _plain(person.city or "")),
        (answers.employer, _plain(answers.employer) == _plain(policy.employer or "")),
    ]
    said = [is_right for text, is_right in others if _plain(text)]
    return _plain(answers.name) == _plain(person.full_name) and bool(said) and all(said)


def _phone_ends(tx: Transaction, person: InsuredPerson) -> set[str]:
    numbers = tx.scalars(select(InsuredPhone.e164).where(InsuredPhone.insured_id == person.id))
    return {number[-_PHONE_DIGITS:] for number in numbers}


def _plain(text: str) -> str:
    """As heard: case, ё, quotation marks, dashes and blanks do not matter."""
    folded = text.casefold().replace("ё", "е")
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split())


def _audit(
    tx: Transaction, call: Call, agent: Agent, action: str, at: datetime, **detail: str | None
) -> None:
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=agent.code,
        action=action,
        subject_kind="call",
        subject_id=call.id,
        **detail,
    )
