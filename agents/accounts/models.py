"""Accounts, their roles, sessions, and the tries to sign in that failed, as rows."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, InsurerId, Ref, RowId


class Role(StrEnum):
    """What somebody may be at one insurer; a person may be several things, and something else at another insurer."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class SessionEnd(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    BY_ADMINISTRATOR = "by_administrator"


class Account(Base):
    """A person who signs in. `name` is what is typed; it is one word, the same at all insurers.

    `insurer_id` is where the account was made. Without a `password_hash` only single sign-on opens it; `subject` is
    the provider's own id of the person, kept from the first such sign-in on.
    """

    __tablename__ = "accounts"

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    subject: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str | None]
    is_locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class AccountRole(Base):
    """What an account is at an insurer; whoever takes calls has the agent's row there."""

    __tablename__ = "account_roles"

    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    insurer_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[Ref | None] = mapped_column(ForeignKey("agents.id"), index=True)


class StaffSession(Base):
    """A browser that is signed in, for one insurer at a time. Only the hash of its token is kept."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_account_id", "account_id", "ended_at"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    form_token: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class FailedTries(Base):
    """How often signing in has failed lately for one name, address or browser, each known by a keyed hash only."""

    __tablename__ = "failed_tries"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
