"""Passwords: argon2id hashes, a check that costs the same for names that do not exist, and fresh ones."""

import secrets
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agents.accounts.errors import PasswordTooWeak

SHORTEST: Final = 12
# No letter or digit that is easily taken for another: somebody reads this password off a terminal and types it.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4

# The library's own choice: RFC 9106, second recommendation (64 MiB, three passes), about 50 ms.
_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB: a crowd at the door must not take the machine's memory.
_AT_ONCE: Final = BoundedSemaphore(4)


def hash_password(password: str, *, name: str) -> str:
    """The hash to keep; raises PasswordTooWeak under 12 characters, or where the password is the account's name."""
    if len(password) < SHORTEST or password.casefold() == name.casefold():
        raise PasswordTooWeak(f"a password has at least {SHORTEST} characters and is not the name")
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; as slow without a hash, so that nobody learns who exists."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash or _nobodys(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def fresh_password() -> str:
    """A password to be shown once: four groups of four, about 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))
