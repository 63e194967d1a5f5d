"""Whom an inquiry suspects: accounts, tokens, or addresses from which somebody signed in; as the audit names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.accounts.models import Account, AccountRole
from agents.models import Agent
from config.audit import AuditEntry
from config.database import Transaction

TOKEN: Final = "api:"  # noqa: S105 - how the audit names other systems
SIGNED_IN: Final = "signed_in"


@dataclass(frozen=True)
class Suspects:
    """As they were named; none at all is everybody."""

    accounts: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def is_everybody(self) -> bool:
        """Whether nobody in particular is suspected."""
        return not (self.accounts or self.tokens or self.addresses)


def actors_of(
    tx: Transaction, suspects: Suspects, *, insurer_id: str, since: datetime, until: datetime
) -> frozenset[str]:
    """The names by which the audit has them at this insurer: an account's own, and its agent's code."""
    names = {name.strip().casefold() for name in suspects.accounts}
    came = _signed_in_from(tx, suspects.addresses, since, until)
    names |= _known_at(tx, came, insurer_id, since, until)
    codes = (
        select(Agent.code)
        .join(AccountRole, AccountRole.agent_id == Agent.id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(Account.name.in_(names), AccountRole.insurer_id == insurer_id)
    )
    tokens = {f"{TOKEN}{name.removeprefix(TOKEN)}" for name in suspects.tokens}
    # A code alone is a suspect too: it may have lost its account since.
    return frozenset(names | set(suspects.accounts) | set(tx.scalars(codes)) | tokens)


def _signed_in_from(tx: Transaction, addresses: Sequence[str], since: datetime, until: datetime) -> set[str]:
    """Who signed in from there, at whatever insurer: a session may act for several."""
    if not addresses:
        return set()
    statement = select(AuditEntry.actor).where(
        AuditEntry.action == SIGNED_IN,
        AuditEntry.at >= since,
        AuditEntry.at < until,
        AuditEntry.detail["address"].as_string().in_(addresses),
    )
    return set(tx.scalars(statement.distinct()))


def _known_at(tx: Transaction, names: set[str], insurer_id: str, since: datetime, until: datetime) -> set[str]:
    """Those with a role at this insurer, or who did something there: an office's address is many insurers' people's."""
    if not names:
        return set()
    of_role = (
        select(Account.name)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.name.in_(names), AccountRole.insurer_id == insurer_id)
    )
    acted = select(AuditEntry.actor).where(
        AuditEntry.insurer_id == insurer_id,
        AuditEntry.actor.in_(names),
        AuditEntry.at >= since,
        AuditEntry.at < until,
    )
    return {*tx.scalars(of_role), *tx.scalars(acted.distinct())}
