"""Whom an inquiry suspects: accounts, tokens, or addresses from which somebody signed in; as the audit names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.accounts.sessions import LONGEST
from agents.supervisor.breach.stints import stints
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


@dataclass(frozen=True)
class Actor:
    """A name in the audit, and when it stood for a suspect: always, or for a stretch of which an end may be open."""

    name: str
    since: datetime | None = None
    until: datetime | None = None


def actors_of(
    tx: Transaction, suspects: Suspects, *, insurer_id: str, since: datetime, until: datetime
) -> frozenset[Actor]:
    """How the audit has them at this insurer: by an account's own name, and by its agent's code for as long as it had
    that code, also where the role was taken away since.
    """
    named = {name.strip().casefold() for name in suspects.accounts}
    came = _signed_in_from(tx, suspects.addresses, since, until)
    roles = [one for one in stints(tx, named | came, insurer_id=insurer_id) if one.is_within(since, until)]
    known = came & {one.account for one in roles} | _acted(tx, came, insurer_id, since, until)
    codes = {Actor(one.code, one.since, one.until) for one in roles if one.code and one.account in named | known}
    tokens = {f"{TOKEN}{name.removeprefix(TOKEN)}" for name in suspects.tokens}
    # A code alone is a suspect too.
    return frozenset({*(Actor(name) for name in {*named, *known, *suspects.accounts, *tokens}), *codes})


def _signed_in_from(tx: Transaction, addresses: Sequence[str], since: datetime, until: datetime) -> set[str]:
    """Whose session from there may have lasted into the period, at whatever insurer: it may act for several."""
    if not addresses:
        return set()
    statement = select(AuditEntry.actor).where(
        AuditEntry.action == SIGNED_IN,
        AuditEntry.at >= since - LONGEST,
        AuditEntry.at < until,
        AuditEntry.detail["address"].as_string().in_(addresses),
    )
    return set(tx.scalars(statement.distinct()))


def _acted(tx: Transaction, names: set[str], insurer_id: str, since: datetime, until: datetime) -> set[str]:
    """Who did something at this insurer: an office's address is many insurers' people's."""
    if not names:
        return set()
    statement = select(AuditEntry.actor).where(
        AuditEntry.insurer_id == insurer_id,
        AuditEntry.actor.in_(names),
        AuditEntry.at >= since,
        AuditEntry.at < until,
    )
    return set(tx.scalars(statement.distinct()))
