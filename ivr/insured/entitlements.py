"""Services with a limit of their own: how much of a limit is used, and using it once more without a race."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Service
from ivr.insured.models import Entitlement, EntitlementUse, InsuredPerson, Policy


@dataclass(frozen=True)
class Allowance:
    """How often the term allows a service (None: without limit), and how often it was used."""

    limit: int | None
    used: int

    @property
    def is_used_up(self) -> bool:
        """Whether not one more use is left."""
        return self.limit is not None and self.used >= self.limit


def allowance(tx: Transaction, *, person: InsuredPerson, policy: Policy, service: Service) -> Allowance:
    """What the policy's term still allows this person (domain.md §1: once a year within the contract term)."""
    entitlement = tx.scalars(_entitlement(policy, service)).one_or_none()
    if entitlement is None:
        return Allowance(service.limit_per_term, 0)
    return Allowance(_limit(entitlement, service), _used(tx, entitlement, person, policy, service))


def use(
    tx: Transaction,
    *,
    person: InsuredPerson,
    policy: Policy,
    service: Service,
    call_id: str | None,
    on: date,
    at: datetime,
    request_id: str | None = None,
) -> bool:
    """Use the service once if the limit allows; two calls at once take turns, so the limit holds for both together.

    A use that a request stands for can be given back with it.

    An anonymous service leaves neither insured nor call on the use, nor the instant, which an id holds too.
    """
    entitlement = _held(tx, policy, service, at)
    limit = _limit(entitlement, service)
    if limit is not None and _used(tx, entitlement, person, policy, service) >= limit:
        return False
    is_anonymous = service.is_anonymous
    tx.add(
        EntitlementUse(
            id=new_id(datetime.combine(on, time(), UTC) if is_anonymous else at),
            insurer_id=policy.insurer_id,
            entitlement_id=entitlement.id,
            insured_id=None if is_anonymous else person.id,
            call_id=None if is_anonymous else call_id,
            request_id=None if is_anonymous else request_id,
            used_on=on,
        )
    )
    tx.flush()
    return True


def give_back(tx: Transaction, *, request_id: str) -> int:
    """Undo the uses that a request stood for: it was withdrawn or declined, and no service was given. How many."""
    found = tx.scalars(select(EntitlementUse).where(EntitlementUse.request_id == request_id)).all()
    for use_of_it in found:
        tx.delete(use_of_it)
    tx.flush()
    return len(found)


def _held(tx: Transaction, policy: Policy, service: Service, at: datetime) -> Entitlement:
    """The policy's entitlement, made if the roster named none, held against other writers."""
    insert = postgresql_insert if tx.own_connection.dialect.name == "postgresql" else sqlite_insert
    fresh = insert(Entitlement).values(
        id=new_id(at), insurer_id=policy.insurer_id, policy_id=policy.id, service=service.name, limit_per_term=None
    )
    tx.execute(fresh.on_conflict_do_nothing(index_elements=["policy_id", "service"]))
    return tx.scalars(_entitlement(policy, service).with_for_update()).one()


def _entitlement(policy: Policy, service: Service) -> Select[Entitlement]:
    return select(Entitlement).where(Entitlement.policy_id == policy.id, Entitlement.service == service.name)


def _limit(entitlement: Entitlement, service: Service) -> int | None:
    """The policy's own limit goes before the insurer's."""
    return service.limit_per_term if entitlement.limit_per_term is None else entitlement.limit_per_term


def _used(tx: Transaction, entitlement: Entitlement, person: InsuredPerson, policy: Policy, service: Service) -> int:
    """Uses within the contract's term: this person's, or, where uses are anonymous, the policy's."""
    whose: ColumnElement[bool] = or_(EntitlementUse.insured_id == person.id, EntitlementUse.insured_id.is_(None))
    statement = select(func.count()).where(
        EntitlementUse.entitlement_id == entitlement.id,
        EntitlementUse.used_on >= policy.valid_from,
        EntitlementUse.used_on < policy.valid_until,
        whose,
    )
    return tx.scalar(statement) or 0
