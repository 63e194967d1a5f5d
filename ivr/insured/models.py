"""The insured record as rows: who is covered, by which policy, for what, until when, and what was used of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class DeductibleState(StrEnum):
    """Франшиза: whether the insured pays a part, and whether it was switched on (domain.md §3)."""

    NONE = "none"
    INACTIVE = "inactive"
    ACTIVE = "active"


class Programme(Base):
    """A set of services that a contract covers."""

    __tablename__ = "programmes"
    __table_args__ = (UniqueConstraint("insurer_id", "code"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    code: Mapped[str]
    title: Mapped[str]
    services: Mapped[list[str]]
    exclusions: Mapped[list[str]]


class Policy(Base):
    """A policy; its validity is the half-open interval [valid_from, valid_until). The number is a string of its own."""

    __tablename__ = "policies"
    __table_args__ = (
        UniqueConstraint("insurer_id", "number"),
        Index("ix_policies_insurer_id_keyed_form", "insurer_id", "keyed_form"),
        CheckConstraint("valid_from < valid_until", name="validity_runs_forward"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    programme_id: Mapped[Ref] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[str]
    keyed_form: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    region: Mapped[str | None]
    employer: Mapped[str | None]
    deductible: Mapped[str] = mapped_column(default=DeductibleState.NONE)
    deductible_percent: Mapped[int | None]
    deductible_left_rubles: Mapped[int | None]
    sum_insured_rubles: Mapped[int | None]
    sum_left_rubles: Mapped[int | None]


class InsuredPerson(Base):
    """The person on a policy. Keyed within an insurer by policy, full name and birth date."""

    __tablename__ = "insured_people"
    __table_args__ = (
        UniqueConstraint("insurer_id", "policy_id", "full_name", "birth_date"),
        Index("ix_insured_people_insurer_id_birth_date", "insurer_id", "birth_date"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    policy_id: Mapped[Ref] = mapped_column(ForeignKey("policies.id"), index=True)
    full_name: Mapped[str]
    birth_date: Mapped[date]
    city: Mapped[str | None]
    time_zone: Mapped[str | None]
    language: Mapped[str | None]
    curator_extension: Mapped[str | None]
    may_be_called: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]


class InsuredPhone(Base):
    """A telephone of an insured person; several people may share one (a parent's, an employer's)."""

    __tablename__ = "insured_phones"
    __table_args__ = (
        UniqueConstraint("insured_id", "e164"),
        Index("ix_insured_phones_insurer_id_e164", "insurer_id", "e164"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    insured_id: Mapped[Ref] = mapped_column(ForeignKey("insured_people.id"), index=True)
    e164: Mapped[str]
    extension: Mapped[str | None]


class Entitlement(Base):
    """A service that a policy grants with a limit of its own."""

    __tablename__ = "entitlements"
    __table_args__ = (UniqueConstraint("policy_id", "service"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    policy_id: Mapped[Ref] = mapped_column(ForeignKey("policies.id"))
    service: Mapped[str]
    limit_per_term: Mapped[int | None]


class EntitlementUse(Base):
    """One use of an entitlement; the use of a request goes with it if it comes to nothing.

    Anonymous services leave insured, call and request empty (domain.md §1, the psychologist).
    """

    __tablename__ = "entitlement_uses"
    __table_args__ = (Index("ix_entitlement_uses_entitlement_id_used_on", "entitlement_id", "used_on"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    entitlement_id: Mapped[Ref] = mapped_column(ForeignKey("entitlements.id"))
    insured_id: Mapped[Ref | None]
    call_id: Mapped[Ref | None]
    request_id: Mapped[Ref | None] = mapped_column(index=True)
    used_on: Mapped[date]


class FirstOpinion(Base):
    """A first medical opinion on file: without one no second opinion is opened (domain.md §1)."""

    __tablename__ = "first_opinions"
    __table_args__ = (UniqueConstraint("insured_id", "given_on"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    insured_id: Mapped[Ref] = mapped_column(ForeignKey("insured_people.id"))
    given_on: Mapped[date]


class InsuredSearch(Base):
    """A search by somebody at a desk in the last hour, for counting them; what for is in the audit, masked."""

    __tablename__ = "insured_searches"
    __table_args__ = (Index("ix_insured_searches_actor", "insurer_id", "actor", "searched_at"),)

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    actor: Mapped[str]
    searched_at: Mapped[datetime]


class IdentificationTry(Base):
    """One try to identify. Caller and policy are kept as keyed hashes only, for counting guesses."""

    __tablename__ = "identification_tries"
    __table_args__ = (
        Index("ix_identification_tries_caller", "insurer_id", "caller_hash", "tried_at"),
        Index("ix_identification_tries_policy", "insurer_id", "policy_hash", "tried_at"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref]
    caller_hash: Mapped[str | None]
    policy_hash: Mapped[str]
    tried_at: Mapped[datetime]
    is_match: Mapped[bool]
