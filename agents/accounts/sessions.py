"""Sessions as rows: an opaque token in the browser, its hash here; they end by idleness, by age, or because told to."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, select, update

from agents.accounts.models import Account, AccountRole, Role, SessionEnd, StaffSession
from agents.models import Agent, Presence
from config.database import Transaction
from config.ids import new_id

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=14)
"""A shift of twelve hours and its edges: whoever works longer signs in again."""
# Looking at a page writes nothing more often than this.
_SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Staff:
    """Whoever sent a request: which session, whose account, at which insurer, and what they are there."""

    session_id: str
    account_id: str
    name: str
    insurer_id: str
    insurer_ids: tuple[str, ...]
    roles: frozenset[Role]
    agent_id: str | None
    agent_code: str | None
    form_token: str
    language: str | None


def start(tx: Transaction, account: Account, *, at: datetime) -> str:
    """Begin a session at the account's own insurer, or the first where it is anything; the token for the browser."""
    token = secrets.token_urlsafe(32)
    insurer_ids = _insurers_of(tx, account.id)
    tx.add(
        StaffSession(
            id=new_id(at),
            insurer_id=account.insurer_id if account.insurer_id in insurer_ids or not insurer_ids else insurer_ids[0],
            account_id=account.id,
            token_hash=_hashed(token),
            form_token=secrets.token_urlsafe(32),
            started_at=at,
            seen_at=at,
            expires_at=at + LONGEST,
        )
    )
    return token


def find(tx: Transaction, token: str, *, at: datetime) -> Staff | None:
    """Whose session the token opens; None if it is unknown, over, too old, idle too long, or its account locked."""
    row = tx.execute(
        select(StaffSession, Account)
        .join(Account, Account.id == StaffSession.account_id)
        .where(StaffSession.token_hash == _hashed(token), *_alive(at), Account.is_locked.is_(False))
    ).one_or_none()
    return None if row is None else _staff(tx, row[0], row[1])


def needs_touch(tx: Transaction, session_id: str, *, at: datetime) -> bool:
    """Whether it is time to write down that the session is in use."""
    seen_at = tx.scalar(select(StaffSession.seen_at).where(StaffSession.id == session_id))
    return seen_at is not None and seen_at < at - _SEEN_EVERY


def touch(tx: Transaction, session_ids: Collection[str], *, at: datetime) -> None:
    """These sessions are in use: their idle time begins again."""
    tx.execute(
        update(StaffSession)
        .where(StaffSession.id.in_(session_ids), *_alive(at))
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


def touch_at_work(tx: Transaction, session_ids: Collection[str], *, at: datetime) -> None:
    """Open desks keep the sessions of those who work from going idle, not of those who are away."""
    at_work = exists().where(
        AccountRole.account_id == StaffSession.account_id,
        AccountRole.insurer_id == StaffSession.insurer_id,
        Agent.id == AccountRole.agent_id,
        Agent.presence != Presence.AWAY,
    )
    tx.execute(
        update(StaffSession)
        .where(StaffSession.id.in_(session_ids), StaffSession.seen_at < at - _SEEN_EVERY, *_alive(at), at_work)
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


def living(tx: Transaction, session_ids: Collection[str], *, at: datetime) -> frozenset[str]:
    """Which of these sessions are not over."""
    statement = (
        select(StaffSession.id)
        .join(Account, Account.id == StaffSession.account_id)
        .where(StaffSession.id.in_(session_ids), *_alive(at), Account.is_locked.is_(False))
    )
    return frozenset(tx.scalars(statement))


def insurers_of_sessions(tx: Transaction, session_ids: Collection[str]) -> dict[str, str]:
    """For which insurer each of these sessions acts now."""
    rows = tx.execute(select(StaffSession.id, StaffSession.insurer_id).where(StaffSession.id.in_(session_ids)))
    return {row.id: row.insurer_id for row in rows}


def acting_as(tx: Transaction, session_ids: Collection[str], role: Role, *, at: datetime) -> dict[str, str]:
    """For which insurer each of these sessions acts now: those that are not over, of whoever is `role` there."""
    rows = tx.execute(
        select(StaffSession.id, StaffSession.insurer_id)
        .join(Account, Account.id == StaffSession.account_id)
        .join(
            AccountRole,
            (AccountRole.account_id == StaffSession.account_id)
            & (AccountRole.insurer_id == StaffSession.insurer_id)
            & (AccountRole.role == role),
        )
        .where(StaffSession.id.in_(session_ids), *_alive(at), Account.is_locked.is_(False))
    )
    return {row.id: row.insurer_id for row in rows}


def act_for(tx: Transaction, session_id: str, insurer_id: str) -> bool:
    """Let the session act at another insurer; False where its account is nothing there."""
    session = tx.get_one(StaffSession, session_id)
    if insurer_id not in _insurers_of(tx, session.account_id):
        return False
    session.insurer_id = insurer_id
    return True


def agent_code_of(tx: Transaction, account_id: str, insurer_id: str) -> str | None:
    """The agent's code by which an account goes at an insurer, as the audit names it there; None without one."""
    rows = tx.execute(_roles_at(account_id, insurer_id)).all()
    return next((code for _, agent_id, code in rows if agent_id), None)


def end(tx: Transaction, session_id: str, *, reason: SessionEnd, at: datetime) -> None:
    """End one session; one that is over stays as it ended."""
    session = tx.get(StaffSession, session_id)
    if session is not None and session.ended_at is None:
        session.ended_at, session.end_reason = at, reason


def end_all(tx: Transaction, account_id: str, *, reason: SessionEnd, at: datetime, but: str | None = None) -> int:
    """End every open session of an account, save perhaps the one that asks; how many there were."""
    open_ones = tx.scalars(
        select(StaffSession).where(StaffSession.account_id == account_id, StaffSession.ended_at.is_(None))
    ).all()
    ended = [session for session in open_ones if session.id != but]
    for session in ended:
        session.ended_at, session.end_reason = at, reason
    return len(ended)


def _alive(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (StaffSession.ended_at.is_(None), StaffSession.expires_at > at, StaffSession.seen_at > at - IDLE)


def _staff(tx: Transaction, session: StaffSession, account: Account) -> Staff:
    rows = tx.execute(_roles_at(account.id, session.insurer_id)).all()
    as_agent = next(((agent_id, code) for _, agent_id, code in rows if agent_id), (None, None))
    return Staff(
        session_id=session.id,
        account_id=account.id,
        name=account.name,
        insurer_id=session.insurer_id,
        insurer_ids=_insurers_of(tx, account.id),
        roles=frozenset(Role(role) for role, _, _ in rows),
        agent_id=as_agent[0],
        agent_code=as_agent[1],
        form_token=session.form_token,
        language=account.language,
    )


def _roles_at(account_id: str, insurer_id: str) -> Select[str, str | None, str]:
    return (
        select(AccountRole.role, AccountRole.agent_id, Agent.code)
        .outerjoin(Agent, Agent.id == AccountRole.agent_id)
        .where(AccountRole.account_id == account_id, AccountRole.insurer_id == insurer_id)
    )


def _insurers_of(tx: Transaction, account_id: str) -> tuple[str, ...]:
    statement = select(AccountRole.insurer_id).where(AccountRole.account_id == account_id).distinct()
    return tuple(sorted(tx.scalars(statement)))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
