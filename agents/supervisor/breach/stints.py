"""What accounts were at an insurer, and when: as the audit notes of roles and sign-ins tell it, and today's roles."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.accounts.models import Account, AccountRole
from agents.accounts.sessions import LONGEST
from agents.models import Agent
from config.audit import AuditEntry
from config.database import Transaction

_GIVEN: Final = frozenset({"added_account", "gave_role"})
_TAKEN: Final = "took_role"
_SEEN: Final = frozenset({"signed_in", "acts_for"})
"""They say by which code a session goes from then on."""

_Roles = dict[tuple[str, str], "Stint"]
"""By account's id and role."""


@dataclass(frozen=True)
class Stint:
    """One account was something at the insurer, by an agent's code or none. Without an end it still is; of one without
    a beginning only the end is on record.
    """

    account: str
    code: str | None
    since: datetime | None = None
    until: datetime | None = None

    def is_within(self, since: datetime, until: datetime) -> bool:
        """Whether any of it was in the half-open period."""
        return (self.since is None or self.since < until) and (self.until is None or self.until >= since)


def stints(tx: Transaction, names: Collection[str], *, insurer_id: str) -> Sequence[Stint]:
    """All of these accounts' at the insurer, also of roles that were taken away since."""
    accounts = {one.id: one.name for one in tx.scalars(select(Account).where(Account.name.in_(names)))}
    entries = tx.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_kind == "account",
            AuditEntry.subject_id.in_(list(accounts)),
            AuditEntry.insurer_id == insurer_id,
            AuditEntry.action.in_({*_GIVEN, _TAKEN, *_SEEN}),
        )
        .order_by(AuditEntry.id)
    ).all()
    ended, under_way = _of_roles(accounts, entries)
    for key, code in _today(tx, accounts, insurer_id):
        if key not in under_way or under_way[key].code != code:
            ended.append(Stint(accounts[key[0]], code))
    found = [*ended, *under_way.values()]
    return [*found, *_of_sessions(accounts, entries, found)]


def _of_roles(accounts: Mapping[str, str], entries: Sequence[AuditEntry]) -> tuple[list[Stint], _Roles]:
    """What is over, and what is not; the entries come oldest first."""
    ended: list[Stint] = []
    under_way: _Roles = {}
    for entry in entries:
        if entry.action in _SEEN:
            continue
        key, code = (entry.subject_id, str(entry.detail.get("role"))), entry.detail.get("agent")
        before = under_way.pop(key, None)
        if before is not None:
            ended.append(replace(before, until=entry.at))
        if entry.action in _GIVEN:
            under_way[key] = Stint(accounts[entry.subject_id], code, since=entry.at)
        elif before is None:
            ended.append(Stint(accounts[entry.subject_id], code, until=entry.at))
    return ended, under_way


def _today(
    tx: Transaction, accounts: Mapping[str, str], insurer_id: str
) -> Iterator[tuple[tuple[str, str], str | None]]:
    statement = (
        select(AccountRole.account_id, AccountRole.role, Agent.code)
        .outerjoin(Agent, Agent.id == AccountRole.agent_id)
        .where(AccountRole.account_id.in_(list(accounts)), AccountRole.insurer_id == insurer_id)
    )
    for account_id, role, code in tx.execute(statement):
        yield (account_id, role), code


def _of_sessions(
    accounts: Mapping[str, str], entries: Sequence[AuditEntry], known: Sequence[Stint]
) -> Iterator[Stint]:
    """Those that go by a code of which no role's note tells at that time."""
    for entry in entries:
        account, code = accounts[entry.subject_id], entry.detail.get("agent")
        if entry.action in _SEEN and code is not None:
            is_told = any(
                (one.account, one.code) == (account, code) and one.is_within(entry.at, entry.at + LONGEST)
                for one in known
            )
            if not is_told:
                yield Stint(account, code, entry.at, entry.at + LONGEST)
