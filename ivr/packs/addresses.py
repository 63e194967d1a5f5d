"""Addresses under which the carrier fetches prompts: sealed, so that they tell nothing, cannot be forged, and expire.

An address holds the recordings' ids, encrypted by AES-SIV with the installation's pepper: the same prompt has the same
address for a day, so that the carrier's cache can keep it, and nobody without the key can make one or read it.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

STOPS: Final = ("", ",", ".", ":", ";", "!", "?", "—", "…", ")", "»", "».", "»,")
"""Signs that a recording may be followed by; another one is taken for a comma."""

_STOPS: Final = {stop: bytes((number,)) for number, stop in enumerate(STOPS)}
_ID_BYTES: Final = 8
_DAYS_VALID: Final = 2
_EPOCH: Final = date(1970, 1, 1)
_MOST_RECORDINGS: Final = 64
_PURPOSE: Final = b"pult: addresses of prompts"


class BadAddress(Exception):
    """An address that was not made here, was changed, or is too old."""


@dataclass(frozen=True, slots=True)
class Played:
    """One recording of an address: its id, and the sign behind it."""

    id: bytes
    stop: str = ""


class Addresses:
    """Makes and reads the addresses under `public_url`."""

    def __init__(self, public_url: str, secret: bytes) -> None:
        self._public_url = public_url
        self._key = hmac.new(secret, _PURPOSE, hashlib.sha512).digest()
        self._sealed = lru_cache(maxsize=4096)(self._seal)

    def of(self, played: tuple[Played, ...], now: datetime) -> str:
        """The absolute URL of these recordings, one after another; valid for a day at least, two at most."""
        day = (now.date() - _EPOCH).days + _DAYS_VALID
        return f"{self._public_url}/prompts/{day}/{self._sealed(_packed(played), day)}.wav"

    def read(self, day: int, token: str, now: datetime) -> tuple[Played, ...]:
        """The recordings that an address names. Raises BadAddress."""
        today = (now.date() - _EPOCH).days
        if not today < day <= today + _DAYS_VALID:
            raise BadAddress("the address has expired")
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            # Decoding passes over signs that do not belong there: one address only is the right one.
            if _text(sealed) != token:
                raise BadAddress("not an address")
            plain = AESSIV(self._key).decrypt(sealed, [_bytes(day)])
        except (ValueError, InvalidTag) as error:
            raise BadAddress("the address was not made here") from error
        return _unpacked(plain)

    def _seal(self, plain: bytes, day: int) -> str:
        return _text(AESSIV(self._key).encrypt(plain, [_bytes(day)]))


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _bytes(day: int) -> bytes:
    return day.to_bytes(4, "big")


def _packed(played: Sequence[Played]) -> bytes:
    return b"".join(one.id + _STOPS.get(one.stop, _STOPS[","]) for one in played)


def _unpacked(plain: bytes) -> tuple[Played, ...]:
    step = _ID_BYTES + 1
    if len(plain) % step or not 0 < len(plain) <= step * _MOST_RECORDINGS:
        raise BadAddress("not an address")
    rows = (plain[at : at + step] for at in range(0, len(plain), step))
    return tuple(Played(row[:_ID_BYTES], STOPS[row[_ID_BYTES] % len(STOPS)]) for row in rows)
