"""Sealing: each recording under a data key of its own, the data key wrapped by the installation's seal key.

Both with AES-256-GCM; the recording's id is bound to both as associated data, so that sealed files cannot be swapped.
"""

import base64
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.errors import SealBroken

_NONCE_BYTES: Final = 12
_KEY_BITS: Final = 256


@dataclass(frozen=True)
class Sealed:
    """Sealed sound, and its data key wrapped (base64) for the row."""

    content: bytes
    wrapped_key: str


def seal(sound: bytes, *, recording_id: str, seal_key: bytes) -> Sealed:
    """Seal `sound` under a fresh data key, wrapped by `seal_key` (32 bytes)."""
    data_key = AESGCM.generate_key(_KEY_BITS)
    name = recording_id.encode()
    wrapped = _encrypt(seal_key, data_key, name)
    return Sealed(_encrypt(data_key, sound, name), base64.b64encode(wrapped).decode())


def unseal(sealed: Sealed, *, recording_id: str, seal_key: bytes) -> bytes:
    """The sound again; raises SealBroken where anything was changed or swapped, or the key is another."""
    name = recording_id.encode()
    try:
        data_key = _decrypt(seal_key, base64.b64decode(sealed.wrapped_key), name)
        return _decrypt(data_key, sealed.content, name)
    except (InvalidTag, ValueError) as error:
        raise SealBroken(recording_id) from error


def _encrypt(key: bytes, content: bytes, name: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, name)


def _decrypt(key: bytes, content: bytes, name: bytes) -> bytes:
    return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], name)
