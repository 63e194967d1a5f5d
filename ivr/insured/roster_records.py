"""Writes rows of a roster into the insured records: what is new is added, what differs changed, the rest left alone."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, select

from config.database import Base, Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from config.tables import Header
from ivr.insured.columns import Column
from ivr.insured.models import (
    Entitlement,
    EntitlementUse,
    FirstOpinion,
    InsuredPerson,
    InsuredPhone,
    Policy,
    Programme,
)
from ivr.insured.roster_rows import PersonFacts, PolicyFacts, ProgrammeFacts, RosterRow

Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key")


class Change(StrEnum):
    """What a row came to."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


# A column that the file does not have leaves what is on record; an empty cell clears it.
_OF_POLICY: Final = {
    Column.REGION: "region",
    Column.EMPLOYER: "employer",
    Column.DEDUCTIBLE: "deductible",
    Column.DEDUCTIBLE_PERCENT: "deductible_percent",
    Column.DEDUCTIBLE_LEFT: "deductible_left",
    Column.SUM_INSURED: "sum_insured",
    Column.SUM_LEFT: "sum_left",
}
_ATTRIBUTES: Final = {
    "deductible_left": "deductible_left_rubles",
    "sum_insured": "sum_insured_rubles",
    "sum_left": "sum_left_rubles",
    "curator": "curator_extension",
}
_OF_PERSON: Final = {
    Column.CITY: "city",
    Column.TIME_ZONE: "time_zone",
    Column.LANGUAGE: "language",
    Column.CURATOR: "curator",
    Column.MAY_BE_CALLED: "may_be_called",
}


def known_programmes(tx: Transaction, insurer: Insurer) -> set[str]:
    """The programmes whose services are on record, or described in the insurer's file."""
    on_record = tx.scalars(select(Programme.code).where(Programme.insurer_id == insurer.id))
    described = [name for one in insurer.programmes.values() for name in (one.code, one.title["ru"])]
    return {*on_record, *described}


@dataclass(frozen=True)
class Comparison:
    """What each row comes to, in order, and the records that are new. Changes of known ones stand in the session."""

    changes: list[Change]
    added: list[Base]


def compare_rows(
    tx: Transaction, rows: Sequence[RosterRow], *, header: Header[Column], insurer: Insurer, at: datetime
) -> Comparison:
    """Hold the rows against the records. Nothing is written before `save`; the same rows again come to nothing."""
    return _Comparing(tx, header, insurer, at, rows).compare()


def save(tx: Transaction, comparison: Comparison) -> None:
    """Write what was compared. Tables are filled in the order of their foreign keys, which no mapper knows of."""
    for kind in (Programme, Policy, InsuredPerson, Entitlement, InsuredPhone, FirstOpinion, EntitlementUse):
        tx.add_all(row for row in comparison.added if isinstance(row, kind))
        tx.flush()


@dataclass
class _Touched:
    """Whether anything of a row was added, or changed."""

    is_new: bool = False
    is_changed: bool = False

    @property
    def change(self) -> Change:
        if self.is_new:
            return Change.NEW
        return Change.CHANGED if self.is_changed else Change.UNCHANGED


class _Comparing:
    """One batch: what it touches is read in a few statements and compared in memory."""

    def __init__(
        self, tx: Transaction, header: Header[Column], insurer: Insurer, at: datetime, rows: Sequence[RosterRow]
    ) -> None:
        self._tx = tx
        self._header = header
        self._insurer = insurer
        self._at = at
        self._rows = rows
        self._touched = _Touched()
        self._added: list[Base] = []
        self._load()

    def compare(self) -> Comparison:
        changes: list[Change] = []
        for row in self._rows:
            self._touched = _Touched()
            programme = self._programme(row.programme)
            policy = self._policy(row.policy, programme)
            person = self._person(row.person, policy)
            self._limits(row.policy, policy)
            self._phones(row.person, person)
            self._first_opinion(row.person, person)
            self._uses(row.person, person, policy)
            if self._touched.is_new or self._touched.is_changed:
                person.updated_at = self._at
            changes.append(self._touched.change)
        return Comparison(changes, self._added)

    def _load(self) -> None:
        tx, own = self._tx, self._insurer.id
        codes = {row.programme.title for row in self._rows}
        numbers = {row.policy.number for row in self._rows}
        self._programmes = _by(
            tx, Programme, lambda one: one.code, Programme.insurer_id == own, Programme.code.in_(codes)
        )
        self._policies = _by(tx, Policy, lambda one: one.number, Policy.insurer_id == own, Policy.number.in_(numbers))
        policies = [one.id for one in self._policies.values()]
        self._people = _by(
            tx,
            InsuredPerson,
            lambda one: (one.policy_id, one.full_name, one.birth_date),
            InsuredPerson.policy_id.in_(policies),
        )
        people = [one.id for one in self._people.values()]
        self._numbers = _by(
            tx, InsuredPhone, lambda one: (one.insured_id, one.e164), InsuredPhone.insured_id.in_(people)
        )
        self._opinions = _by(
            tx, FirstOpinion, lambda one: (one.insured_id, one.given_on), FirstOpinion.insured_id.in_(people)
        )
        self._entitlements = _by(
            tx, Entitlement, lambda one: (one.policy_id, one.service), Entitlement.policy_id.in_(policies)
        )
        held = [one.id for one in self._entitlements.values()]
        self._used = _by(
            tx,
            EntitlementUse,
            lambda one: (one.entitlement_id, one.insured_id, one.used_on),
            EntitlementUse.entitlement_id.in_(held),
        )

    def _programme(self, told: ProgrammeFacts) -> Programme:
        services, exclusions = self._lists_of(told)
        known = self._programmes.get(told.title)
        if known is None:
            known = self._programmes[told.title] = self._add(
                Programme(
                    id=new_id(self._at),
                    insurer_id=self._insurer.id,
                    code=told.title,
                    title=told.title,
                    services=services or [],
                    exclusions=exclusions or [],
                )
            )
            return known
        self._set(known, "services", known.services if services is None else services)
        self._set(known, "exclusions", known.exclusions if exclusions is None else exclusions)
        return known

    def _lists_of(self, told: ProgrammeFacts) -> tuple[list[str] | None, list[str] | None]:
        """The roster's own lists go before those of the insurer's file; None leaves what is on record."""
        for one in self._insurer.programmes.values():
            if told.title in (one.code, one.title["ru"]):
                return list(told.services or one.services), list(told.exclusions or one.exclusions)
        services = None if told.services is None else list(told.services)
        return services, None if told.exclusions is None else list(told.exclusions)

    def _policy(self, told: PolicyFacts, programme: Programme) -> Policy:
        known = self._policies.get(told.number)
        if known is None:
            known = self._policies[told.number] = Policy(
                id=new_id(self._at),
                insurer_id=self._insurer.id,
                programme_id=programme.id,
                number=told.number,
                keyed_form=re.sub("[^0-9]", "", told.number),
                valid_from=told.valid_from,
                valid_until=told.valid_until,
                deductible=told.deductible,
            )
            self._add(known)
        self._set(known, "programme_id", programme.id)
        self._set(known, "valid_from", told.valid_from)
        self._set(known, "valid_until", told.valid_until)
        self._set_told(known, told, _OF_POLICY)
        return known

    def _person(self, told: PersonFacts, policy: Policy) -> InsuredPerson:
        who = (policy.id, told.full_name, told.birth_date)
        known = self._people.get(who)
        if known is None:
            known = self._people[who] = InsuredPerson(
                id=new_id(self._at),
                insurer_id=self._insurer.id,
                policy_id=policy.id,
                full_name=told.full_name,
                birth_date=told.birth_date,
                may_be_called=told.may_be_called,
                updated_at=self._at,
            )
            self._add(known)
            self._touched.is_new = True
        self._set_told(known, told, _OF_PERSON)
        return known

    def _limits(self, told: PolicyFacts, policy: Policy) -> None:
        for service, limit in told.limits:
            self._set(self._entitlement(policy, service), "limit_per_term", limit)

    def _entitlement(self, policy: Policy, service: str) -> Entitlement:
        known = self._entitlements.get((policy.id, service))
        if known is None:
            known = self._entitlements[policy.id, service] = self._add(
                Entitlement(id=new_id(self._at), insurer_id=self._insurer.id, policy_id=policy.id, service=service)
            )
        return known

    def _phones(self, told: PersonFacts, person: InsuredPerson) -> None:
        """The person's numbers are those of the roster, no more and no fewer."""
        if Column.PHONES not in self._header:
            return
        wanted = {phone.e164: phone.extension for phone in told.phones}
        for key in [key for key in self._numbers if key[0] == person.id and key[1] not in wanted]:
            self._tx.delete(self._numbers.pop(key))
            self._touched.is_changed = True
        for e164, extension in wanted.items():
            known = self._numbers.get((person.id, e164))
            if known is None:
                known = self._numbers[person.id, e164] = self._add(
                    InsuredPhone(id=new_id(self._at), insurer_id=self._insurer.id, insured_id=person.id, e164=e164)
                )
            self._set(known, "extension", extension)

    def _first_opinion(self, told: PersonFacts, person: InsuredPerson) -> None:
        """A first opinion is a fact: a roster adds one and takes none away."""
        given_on = told.first_opinion
        if given_on is None or (person.id, given_on) in self._opinions:
            return
        self._opinions[person.id, given_on] = self._add(
            FirstOpinion(id=new_id(self._at), insurer_id=self._insurer.id, insured_id=person.id, given_on=given_on)
        )

    def _uses(self, told: PersonFacts, person: InsuredPerson, policy: Policy) -> None:
        """Uses of before: added once a service and day, never taken away; an anonymous one names nobody."""
        for service, on in told.used:
            held = self._entitlement(policy, service)
            described = self._insurer.services.get(service)
            insured_id = None if described is not None and described.is_anonymous else person.id
            if (held.id, insured_id, on) not in self._used:
                self._used[held.id, insured_id, on] = self._add(self._use(held, insured_id, on))

    def _use(self, held: Entitlement, insured_id: str | None, on: date) -> EntitlementUse:
        return EntitlementUse(
            id=new_id(self._at),
            insurer_id=self._insurer.id,
            entitlement_id=held.id,
            insured_id=insured_id,
            used_on=on,
        )

    def _add(self, row: Row) -> Row:
        self._added.append(row)
        self._touched.is_changed = True
        return row

    def _set_told(self, row: Base, told: PolicyFacts | PersonFacts, columns: dict[Column, str]) -> None:
        for column, fact in columns.items():
            if column in self._header:
                self._set(row, _ATTRIBUTES.get(fact, fact), getattr(told, fact))

    def _set(self, row: Base, attribute: str, value: object) -> None:
        if getattr(row, attribute) != value:
            setattr(row, attribute, value)
            self._touched.is_changed = True


def _by(
    tx: Transaction, kind: type[Row], key: Callable[[Row], Key], *conditions: ColumnElement[bool]
) -> dict[Key, Row]:
    """Rows of one table under a key, in one statement."""
    found: Iterable[Row] = tx.scalars(select(kind).where(*conditions))
    return {key(row): row for row in found}
