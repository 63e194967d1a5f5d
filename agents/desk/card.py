"""The card of a call, as its agent's page may show it: who calls, who is insured, how sure that is, what stands open.

What is not in sight (`agents.sight`) is not read here, and so cannot be sent.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from agents.curators import agent_by_extension, is_on_shift
from agents.desk import earlier_calls
from agents.desk.call_now import CallNow
from agents.desk.earlier_calls import Asked, OpenRequest, PastCall
from agents.sight import Sight, requests_in_sight, sight_of
from config.database import Transaction
from config.line_descriptions import Insurer, Words
from ivr.calls.models import Call
from ivr.insured.cards import initials
from ivr.insured.entitlements import Allowance, allowance
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy, Programme
from ivr.policy_numbers import mask_policy


@dataclass(frozen=True)
class Curator:
    """The curator of the policy: extension, role where the insurer describes one, and whether at work now."""

    extension: str
    role: Words
    is_on_shift: bool


@dataclass(frozen=True)
class Insured:
    """The insured person and the policy. Until verified: initials, the year of birth, the policy's last digits.

    `limits` are services with a limit, by title; they tell of health, and are empty where that may not be told.
    """

    name: str
    born_on: date | None
    born_in: int
    policy: str
    programme: str
    first_day: date
    last_day: date
    is_valid: bool
    city: str | None
    deductible: str
    deductible_left_rubles: int | None
    curator: Curator | None
    limits: tuple[tuple[Words, Allowance], ...]
    has_phone: bool


@dataclass(frozen=True)
class Card:
    """All of a call that its agent may see; `phone` is E.164, shown masked unless `may.is_phone_whole`."""

    may: Sight
    level: str
    caller_role: str | None
    phone: str | None
    region: Words | None
    address: str | None
    reason: Words
    asked: tuple[Asked, ...]
    failed_identifications: int
    insured: Insured | None
    requests: tuple[OpenRequest, ...]
    calls: tuple[PastCall, ...]


def card_of(tx: Transaction, *, insurer: Insurer, now: CallNow, at: datetime) -> Card:
    """The card of the call that the agent has, or that rings."""
    call = tx.get_one(Call, now.call_id)
    may = sight_of(tx, insurer, call, is_emergency=now.is_emergency)
    place = insurer.region(call.region) if may.phone else None
    return Card(
        may=may,
        level=call.level,
        caller_role=call.caller_role if may.phone else None,
        phone=call.ani if may.phone else None,
        region=None if place is None else place.name,
        address=call.address if may.phone else None,
        reason=earlier_calls.reasons_of(tx, [call.id]).get(call.id, {}),
        asked=tuple(earlier_calls.asked_already(tx, call)) if may.phone else (),
        failed_identifications=earlier_calls.failed_identifications(tx, call) if may.phone else 0,
        insured=_insured(tx, insurer, call, may, at) if may.has_record else None,
        requests=tuple(earlier_calls.still_open(requests_in_sight(tx, insurer, call))),
        calls=tuple(earlier_calls.last_calls(tx, call)) if may.history else (),
    )


def _insured(tx: Transaction, insurer: Insurer, call: Call, may: Sight, at: datetime) -> Insured | None:
    row = tx.execute(
        select(InsuredPerson, Policy, Programme)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .join(Programme, Programme.id == Policy.programme_id)
        .where(InsuredPerson.id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id)
    ).one_or_none()
    if row is None:
        return None
    person, policy, programme = row
    today = at.astimezone(insurer.time_zone).date()
    return Insured(
        name=person.full_name if may.is_whole else initials(person.full_name),
        born_on=person.birth_date if may.is_whole else None,
        born_in=person.birth_date.year,
        policy=policy.number if may.is_whole else mask_policy(policy.number),
        programme=programme.title,
        first_day=policy.valid_from,
        last_day=policy.valid_until - timedelta(days=1),
        is_valid=policy.valid_from <= today < policy.valid_until,
        city=person.city if may.is_whole else None,
        deductible=policy.deductible,
        deductible_left_rubles=policy.deductible_left_rubles if may.is_whole else None,
        curator=_curator(tx, insurer, person, at),
        limits=_limits(tx, insurer, person, policy) if may.history else (),
        has_phone=tx.scalar(select(InsuredPhone.id).where(InsuredPhone.insured_id == person.id).limit(1)) is not None,
    )


def _limits(
    tx: Transaction, insurer: Insurer, person: InsuredPerson, policy: Policy
) -> tuple[tuple[Words, Allowance], ...]:
    """Services with a limit. Anonymous ones stay unsaid: who used them is nobody's business."""
    named = [one for one in insurer.services.values() if not one.is_anonymous]
    found = [(one.title, allowance(tx, person=person, policy=policy, service=one)) for one in named]
    return tuple((title, left) for title, left in found if left.limit is not None)


def _curator(tx: Transaction, insurer: Insurer, person: InsuredPerson, at: datetime) -> Curator | None:
    if person.curator_extension is None:
        return None
    agent = agent_by_extension(tx, insurer.id, person.curator_extension)
    described = insurer.extensions.get(person.curator_extension)
    return Curator(
        extension=person.curator_extension,
        role={} if described is None else described.role,
        is_on_shift=agent is not None and is_on_shift(tx, agent, at),
    )
