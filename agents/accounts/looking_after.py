"""What administrators do with accounts: add, give and take roles, set passwords, lock and unlock; all audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from agents.accounts import sessions
from agents.accounts.errors import AccountError, AccountExists, UnknownAccount, UnknownRole
from agents.accounts.models import Account, AccountRole, Role, SessionEnd
from agents.accounts.passwords import hash_password
from agents.models import Agent
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id


@dataclass(frozen=True)
class AccountLine:
    """One account as a list shows it."""

    name: str
    roles: tuple[str, ...]
    is_locked: bool
    has_password: bool


def add_account(
    centre: Centre,
    *,
    insurer_id: str,
    name: str,
    role: Role,
    password: str | None,
    by: str,
    agent_code: str | None = None,
) -> None:
    """Make an account with one role at `insurer_id`; without a password only single sign-on opens it.

    An agent's role needs `agent_code`. Raises AccountExists, UnknownRole or PasswordTooWeak.
    """
    name = name.strip().casefold()
    if not name or any(character.isspace() for character in name):
        raise AccountError("an account's name is one word")
    password_hash = None if password is None else hash_password(password, name=name)
    now = centre.clock.now()
    with centre.database.transaction("add_account") as tx:
        if tx.scalar(select(Account.id).where(Account.name == name)):
            raise AccountExists(f"there is an account {name} already")
        account = Account(
            id=new_id(now),
            insurer_id=insurer_id,
            name=name,
            password_hash=password_hash,
            password_set_at=None if password_hash is None else now,
            created_at=now,
        )
        tx.add(account)
        tx.flush()
        _give(tx, account, insurer_id, role, agent_code)
        _audit(tx, account, insurer_id, now, by, "added_account", role=role, agent=agent_code)


def give_role(
    centre: Centre, *, insurer_id: str, name: str, role: Role, by: str, agent_code: str | None = None
) -> None:
    """Let the account be `role` at `insurer_id` too. Raises UnknownAccount or UnknownRole."""
    now = centre.clock.now()
    with centre.database.transaction("give_role") as tx:
        account = account_named(tx, name)
        _give(tx, account, insurer_id, role, agent_code)
        _audit(tx, account, insurer_id, now, by, "gave_role", role=role, agent=agent_code)


def take_role(centre: Centre, *, insurer_id: str, name: str, role: Role, by: str) -> None:
    """The account is no longer `role` at `insurer_id`, from its next request on. Raises UnknownRole."""
    now = centre.clock.now()
    with centre.database.transaction("take_role") as tx:
        account = account_named(tx, name)
        held = tx.get(AccountRole, (account.id, insurer_id, role))
        if held is None:
            raise UnknownRole(f"{name} is no {role} at {insurer_id}")
        code = None if held.agent_id is None else tx.get_one(Agent, held.agent_id).code
        tx.delete(held)
        # Once the row is gone, only the audit knows by which code the account went.
        _audit(tx, account, insurer_id, now, by, "took_role", role=role, agent=code)


def set_password(centre: Centre, *, name: str, password: str, by: str) -> None:
    """Give the account a password and end all of its sessions. Raises UnknownAccount or PasswordTooWeak."""
    password_hash = hash_password(password, name=name)
    now = centre.clock.now()
    with centre.database.transaction("set_password") as tx:
        account = account_named(tx, name)
        account.password_hash, account.password_set_at = password_hash, now
        ended = sessions.end_all(tx, account.id, reason=SessionEnd.PASSWORD_CHANGED, at=now)
        _audit(tx, account, account.insurer_id, now, by, "set_password", sessions_ended=ended)


def set_locked(centre: Centre, *, name: str, is_locked: bool, by: str) -> None:
    """Lock the account, which ends its sessions at once, or unlock it. Raises UnknownAccount."""
    now = centre.clock.now()
    with centre.database.transaction("lock_account") as tx:
        account = account_named(tx, name)
        account.is_locked = is_locked
        if is_locked:
            sessions.end_all(tx, account.id, reason=SessionEnd.BY_ADMINISTRATOR, at=now)
        _audit(tx, account, account.insurer_id, now, by, "locked_account" if is_locked else "unlocked_account")


def accounts_at(tx: Transaction, insurer_id: str) -> Sequence[AccountLine]:
    """Every account that is anything at an insurer, by name."""
    rows = tx.execute(
        select(Account, AccountRole.role)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.insurer_id == insurer_id)
        .order_by(Account.name, AccountRole.role)
    ).all()
    roles: dict[str, list[str]] = {}
    accounts: dict[str, Account] = {}
    for account, role in rows:
        accounts[account.name] = account
        roles.setdefault(account.name, []).append(role)
    return [
        AccountLine(name, tuple(roles[name]), account.is_locked, account.password_hash is not None)
        for name, account in accounts.items()
    ]


def account_named(tx: Transaction, name: str) -> Account:
    """The account of this name; raises UnknownAccount."""
    account = tx.scalar(select(Account).where(Account.name == name.strip().casefold()))
    if account is None:
        raise UnknownAccount(f"there is no account {name}")
    return account


def _give(tx: Transaction, account: Account, insurer_id: str, role: Role, agent_code: str | None) -> None:
    agent_id = None
    if agent_code is not None:
        agent_id = tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == agent_code))
        if agent_id is None:
            raise UnknownRole(f"{insurer_id} has no agent {agent_code}")
    if role is Role.AGENT and agent_id is None:
        raise UnknownRole("an agent's account needs the code of its agent")
    held = tx.get(AccountRole, (account.id, insurer_id, role))
    if held is None:
        tx.add(AccountRole(account_id=account.id, insurer_id=insurer_id, role=role, agent_id=agent_id))
    else:
        held.agent_id = agent_id


def _audit(
    tx: Transaction, account: Account, insurer_id: str, at: datetime, by: str, action: str, **detail: str | int | None
) -> None:
    audit(
        tx,
        insurer_id=insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="account",
        subject_id=account.id,
        **detail,
    )
