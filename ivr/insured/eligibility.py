"""Decides whether a service is covered on its date: covered, not covered with the reason, or a human decides.

Never asked before emergency care, and never a medical or final refusal (domain.md §6.7): what is not plainly covered
goes on to a human together with the rule that said so.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select

from config.database import Transaction
from config.line_descriptions import AlwaysDecided, Insurer, InsurerKind, Service
from ivr.calls.models import Call, Request
from ivr.insured.entitlements import allowance
from ivr.insured.models import DeductibleState, FirstOpinion, InsuredPerson, Policy, Programme


class CoverResult(StrEnum):
    """The answers that flows know (`check_cover` in flows/actions.py)."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    NEEDS_HUMAN = "needs_human"
    EXPIRED = "expired"
    LIMIT_REACHED = "limit_reached"
    FIRST_OPINION_MISSING = "first_opinion_missing"
    DEDUCTIBLE_NOT_ACTIVE = "deductible_not_active"


@dataclass(frozen=True)
class Cover:
    """The answer, the id of the rule that gave it (for the outcome's `rule`), and its reason in words."""

    result: CoverResult
    rule: str
    reason: str


@dataclass(frozen=True)
class InsuredRecord:
    """The person with policy and programme, as one."""

    person: InsuredPerson
    policy: Policy
    programme: Programme


COVERED: Final = Cover(CoverResult.COVERED, "programme.listed", "the programme lists the service")


# Built once: building a statement anew takes longer than the database needs for it.
_RECORD: Final = (
    select(InsuredPerson, Policy, Programme)
    .join(Policy, Policy.id == InsuredPerson.policy_id)
    .join(Programme, Programme.id == Policy.programme_id)
    .where(InsuredPerson.id == bindparam("insured_id"), InsuredPerson.insurer_id == bindparam("insurer_id"))
)


def record_of(tx: Transaction, insurer_id: str, insured_id: str | None) -> InsuredRecord | None:
    """The insured record by its id, within the insurer; None where there is none."""
    if insured_id is None:
        return None
    row = tx.execute(_RECORD, {"insured_id": insured_id, "insurer_id": insurer_id}).one_or_none()
    return None if row is None else InsuredRecord(*row)


def check_cover(
    tx: Transaction,
    *,
    insurer: Insurer,
    record: InsuredRecord,
    service: str,
    on: date,
    call: Call | None = None,
) -> Cover:
    """Whether `service` is covered for the insured on its date `on`, a day where the service is given.

    The first rule that has something to say decides: period, region, exclusions, programme, sum, limit,
    first opinion, deductible.
    """
    described = insurer.services.get(service)
    return (
        _period(record.policy, on)
        or _region(insurer, record.policy, call)
        or _known(described)
        or _exclusions(insurer, record.programme, service)
        or _always(described)
        or _programme(record.programme, service)
        or (_of_service(tx, record, described, on) if described else None)
        or _deductible(record.policy)
        or COVERED
    )


def is_within_radius(insurer: Insurer, kilometres: int) -> bool | None:
    """Whether so many kilometres from the ring road are within reach (domain.md §2); None without such a rule."""
    return None if insurer.radius is None else kilometres <= insurer.radius.kilometres


def _period(policy: Policy, on: date) -> Cover | None:
    if on >= policy.valid_until:
        return Cover(CoverResult.EXPIRED, "period.ended", "the policy ended before the service's date")
    if on < policy.valid_from:
        return Cover(CoverResult.NEEDS_HUMAN, "period.not_begun", "the policy begins after the service's date")
    return None


def _region(insurer: Insurer, policy: Policy, call: Call | None) -> Cover | None:
    """A migrant's policy holds in the region of work (standards.md §5.11); elsewhere a human looks."""
    asked = None if call is None else call.region
    if insurer.kind is not InsurerKind.MIGRANT or asked is None or policy.region in (None, asked):
        return None
    return Cover(CoverResult.NEEDS_HUMAN, "region.other", "the policy was issued for another region")


def _known(service: Service | None) -> Cover | None:
    if service is not None:
        return None
    return Cover(CoverResult.NEEDS_HUMAN, "service.unknown", "the insurer's description has no such service")


def _exclusions(insurer: Insurer, programme: Programme, service: str) -> Cover | None:
    if service in programme.exclusions:
        return Cover(CoverResult.NOT_COVERED, "programme.excluded", "the programme excludes the service")
    if service in insurer.exclusions:
        # The sources contradict themselves here (domain.md §2), so that an agent decides.
        return Cover(CoverResult.NEEDS_HUMAN, "insurer.excluded", "the insurer's list of exclusions names it")
    return None


def _always(service: Service | None) -> Cover | None:
    match service.always if service else None:
        case AlwaysDecided.NEEDS_HUMAN:
            return Cover(CoverResult.NEEDS_HUMAN, "service.needs_human", "this service is always a human's decision")
        case AlwaysDecided.NOT_COVERED:
            return Cover(CoverResult.NOT_COVERED, "service.never", "this service is never covered")
        case AlwaysDecided.COVERED:
            return Cover(CoverResult.COVERED, "service.always", "this service is covered by every policy")
        case None:
            return None


def _programme(programme: Programme, service: str) -> Cover | None:
    if service in programme.services:
        return None
    return Cover(CoverResult.NOT_COVERED, "programme.not_listed", "the programme does not list the service")


def _of_service(tx: Transaction, record: InsuredRecord, service: Service, on: date) -> Cover | None:
    return (
        _sum_left(record.policy, service)
        or _limit(tx, record, service)
        or (_first_opinion(tx, record.person, on) if service.needs_first_opinion else None)
    )


def _sum_left(policy: Policy, service: Service) -> Cover | None:
    if not service.within_sum_insured:
        return None
    if policy.sum_left_rubles is None:
        return Cover(CoverResult.NEEDS_HUMAN, "sum.unknown", "what is left of the sum insured is not on record")
    if policy.sum_left_rubles <= 0:
        return Cover(CoverResult.LIMIT_REACHED, "sum.used_up", "nothing is left of the sum insured")
    return None


def _limit(tx: Transaction, record: InsuredRecord, service: Service) -> Cover | None:
    left = allowance(tx, person=record.person, policy=record.policy, service=service)
    # The one use may be the request that stands open: asking after it again is no second use.
    if not left.is_used_up or _has_open_request(tx, record.person, service.name):
        return None
    return Cover(CoverResult.LIMIT_REACHED, "limit.per_term", f"the term's limit of {left.limit} is used")


def _has_open_request(tx: Transaction, person: InsuredPerson, kind: str) -> bool:
    statement = select(Request.id).where(
        Request.insured_id == person.id, Request.kind == kind, Request.closed_at.is_(None)
    )
    return tx.scalar(statement.limit(1)) is not None


def _first_opinion(tx: Transaction, person: InsuredPerson, on: date) -> Cover | None:
    """Without a first opinion on file there is no second (domain.md §1)."""
    statement = select(FirstOpinion.id).where(FirstOpinion.insured_id == person.id, FirstOpinion.given_on <= on)
    if tx.scalar(statement.limit(1)) is not None:
        return None
    return Cover(CoverResult.FIRST_OPINION_MISSING, "opinion.first_missing", "no first opinion is on file")


def _deductible(policy: Policy) -> Cover | None:
    """An inactive deductible must be activated first (domain.md §3)."""
    if policy.deductible != DeductibleState.INACTIVE:
        return None
    return Cover(CoverResult.DEDUCTIBLE_NOT_ACTIVE, "deductible.inactive", "the deductible is not activated yet")
