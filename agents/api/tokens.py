"""Tokens: made once and shown once, found again by their hash, revoked; all audited."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from agents.api.errors import TokenError
from agents.api.models import ApiToken
from agents.scopes import Scope
from agents.sight import Sight, sight_of_token
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id

ACTOR: Final = "api:"
"""Before a token's name, where the audit says who."""
_PREFIX: Final = "pult_"
# Asking writes nothing more often than this.
_USED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class System:
    """Whoever sent a request: a system of one insurer, and what its token allows."""

    token_id: str
    insurer_id: str
    name: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        """Who the audit says it was."""
        return f"{ACTOR}{self.name}"

    @property
    def sight(self) -> Sight:
        """What it may see of people."""
        return sight_of_token(self.scopes)


def add_token(
    centre: Centre, *, insurer_id: str, name: str, scopes: Collection[Scope], lives: timedelta, by: str
) -> str:
    """Make a token for a system and return it; it is kept nowhere. Raises TokenError for a name that is taken."""
    if not name.isprintable() or not name.strip() or any(character.isspace() for character in name):
        raise TokenError("a token's name is one word")
    now, token = centre.clock.now(), f"{_PREFIX}{secrets.token_urlsafe(32)}"
    with centre.database.transaction("add_token") as tx:
        if _named(tx, insurer_id, name) is not None:
            raise TokenError(f"{insurer_id} has a token {name} already: choose another name, or revoke it first")
        row = ApiToken(
            id=new_id(now),
            insurer_id=insurer_id,
            name=name,
            token_hash=_hashed(token),
            scopes=sorted(scopes),
            created_at=now,
            created_by=by,
            expires_at=now + lives,
        )
        tx.add(row)
        _audit(tx, row, "added_token", by, now)
    return token


def revoke_token(centre: Centre, *, insurer_id: str, name: str, by: str) -> None:
    """Let the token open nothing from now on; its name is free again. Raises TokenError."""
    now = centre.clock.now()
    with centre.database.transaction("revoke_token") as tx:
        row = _named(tx, insurer_id, name)
        if row is None:
            raise TokenError(f"{insurer_id} has no token {name}")
        row.revoked_at = now
        _audit(tx, row, "revoked_token", by, now)


def tokens_of(tx: Transaction, insurer_id: str) -> Sequence[ApiToken]:
    """The insurer's tokens that are not revoked, by name; those that have run out are among them."""
    statement = select(ApiToken).where(ApiToken.insurer_id == insurer_id, ApiToken.revoked_at.is_(None))
    return tx.scalars(statement.order_by(ApiToken.name)).all()


def system_of(centre: Centre, token: str) -> System | None:
    """Whose token it is; None if it is unknown, revoked, has run out, or its insurer is not described here any more."""
    now = centre.clock.now()
    with centre.database.reading("who_asks_by_token") as tx:
        statement = select(ApiToken).where(ApiToken.token_hash == _hashed(token), ApiToken.revoked_at.is_(None))
        row = tx.scalars(statement.where(ApiToken.expires_at > now)).one_or_none()
    if row is None or row.insurer_id not in centre.insurers:
        return None
    if row.used_at is None or row.used_at < now - _USED_EVERY:
        with centre.database.transaction("touch_token") as tx:
            tx.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    known = frozenset(scope for scope in Scope if scope in row.scopes)
    return System(row.id, row.insurer_id, row.name, known)


def _named(tx: Transaction, insurer_id: str, name: str) -> ApiToken | None:
    statement = select(ApiToken).where(ApiToken.insurer_id == insurer_id, ApiToken.name == name)
    return tx.scalars(statement.where(ApiToken.revoked_at.is_(None))).one_or_none()


def _hashed(token: str) -> str:
    """Of 256 random bits: nothing that slows guessing down is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _audit(tx: Transaction, row: ApiToken, action: str, by: str, at: datetime) -> None:
    audit(
        tx,
        insurer_id=row.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="token",
        subject_id=row.id,
        token=row.name,
        scopes=" ".join(row.scopes),
        expires_at=row.expires_at.isoformat(),
    )
