"""Signing in and out, and changing one's own password; every way of it audited."""

import logging
from typing import Final

from sqlalchemy import select

from agents.accounts import sessions
from agents.accounts.errors import SignInRefused, TooManyTries
from agents.accounts.guessing import Guessed, count_try, forgive, guessed
from agents.accounts.models import Account, SessionEnd
from agents.accounts.passwords import hash_password, matches
from agents.accounts.sessions import Staff
from config.audit import audit
from config.centre import Centre

log = logging.getLogger("pult.accounts")

NOWHERE: Final = "centre"
"""The insurer of an audit entry about a name that nobody has."""


def sign_in(centre: Centre, *, name: str, password: str, address: str, browser: str | None) -> str:
    """Open a session; the token for the browser's cookie. Raises TooManyTries or SignInRefused.

    `address` is the caller's, `browser` the id of one in which this name has signed in before. What was typed is
    written nowhere: people type passwords into the wrong field.
    """
    subjects = guessed(centre.settings.secret_pepper, name=name, address=address, browser=browser)
    account = _count(centre, name, subjects)
    # Outside of a transaction: hashing takes 50 ms, and a transaction would hold the whole database that long.
    fits = matches(None if account is None else account.password_hash, password)
    if account is None or not fits or account.is_locked:
        _note(centre, account, "sign_in_refused")
        raise SignInRefused("name and password do not fit")
    return open_session(centre, account.id, subjects=subjects, how="password", address=address)


def open_session(
    centre: Centre, account_id: str, *, subjects: tuple[Guessed, ...] = (), how: str, address: str
) -> str:
    """Begin a session of an account that has proved itself by `how`; raises SignInRefused if it is locked.

    The browser's `address` is kept in the audit: after a breach it may be all that is known of who came.
    """
    now = centre.clock.now()
    with centre.database.transaction("sign_in") as tx:
        account = tx.get_one(Account, account_id)
        if account.is_locked:
            raise SignInRefused("the account is locked")
        forgive(tx, subjects)
        token = sessions.start(tx, account, at=now)
        audit(
            tx,
            insurer_id=account.insurer_id,
            at=now,
            actor=account.name,
            action="signed_in",
            subject_kind="account",
            subject_id=account.id,
            by=how,
            address=address or None,
            agent=sessions.agent_code_of(tx, account.id, account.insurer_id),
        )
    return token


def sign_out(centre: Centre, staff: Staff) -> None:
    """End the session that asks for it."""
    now = centre.clock.now()
    with centre.database.transaction("sign_out") as tx:
        sessions.end(tx, staff.session_id, reason=SessionEnd.SIGNED_OUT, at=now)
        audit(
            tx,
            insurer_id=staff.insurer_id,
            at=now,
            actor=staff.name,
            action="signed_out",
            subject_kind="account",
            subject_id=staff.account_id,
        )


def change_own_password(centre: Centre, staff: Staff, *, old: str, new: str, address: str) -> None:
    """Change the password and end every other session of the account.

    Raises SignInRefused if `old` does not fit, TooManyTries where it was guessed at, PasswordTooWeak for `new`.
    """
    subjects = guessed(centre.settings.secret_pepper, name=staff.name, address=address, browser=staff.session_id)
    account = _count(centre, staff.name, subjects)
    if account is None or not matches(account.password_hash, old):
        _note(centre, account, "password_change_refused")
        raise SignInRefused("the old password does not fit")
    new_hash = hash_password(new, name=staff.name)
    now = centre.clock.now()
    with centre.database.transaction("change_password") as tx:
        row = tx.get_one(Account, staff.account_id)
        row.password_hash, row.password_set_at = new_hash, now
        forgive(tx, subjects)
        ended = sessions.end_all(tx, row.id, reason=SessionEnd.PASSWORD_CHANGED, at=now, but=staff.session_id)
        audit(
            tx,
            insurer_id=staff.insurer_id,
            at=now,
            actor=staff.name,
            action="changed_password",
            subject_kind="account",
            subject_id=row.id,
            sessions_ended=ended,
        )


def _count(centre: Centre, name: str, subjects: tuple[Guessed, ...]) -> Account | None:
    now = centre.clock.now()
    with centre.database.transaction("count_sign_in") as tx:
        account = tx.scalar(select(Account).where(Account.name == name.strip().casefold()))
        try:
            begins_pause = count_try(tx, subjects, at=now)
        except TooManyTries:
            log.warning("signing in is paused for one of %d counts", len(subjects))
            raise
        if begins_pause:
            audit(
                tx,
                insurer_id=NOWHERE if account is None else account.insurer_id,
                at=now,
                actor="somebody",
                action="sign_in_paused",
                subject_kind="account",
                subject_id="unknown" if account is None else account.id,
            )
    return account


def _note(centre: Centre, account: Account | None, action: str) -> None:
    with centre.database.transaction("note_refusal") as tx:
        audit(
            tx,
            insurer_id=NOWHERE if account is None else account.insurer_id,
            at=centre.clock.now(),
            actor="somebody",
            action=action,
            subject_kind="account",
            subject_id="unknown" if account is None else account.id,
        )
