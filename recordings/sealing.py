"""Sealing: each recording under a data key of its own, the data key wrapped by one of the installation's seal keys.

Both with AES-256-GCM. The sound is sealed chunk by chunk, so that a part of it can be unsealed alone; recording, place
and number of the chunks are bound to each as associated data, so that files and chunks cannot be swapped, left out or
cut off. A data key seals one recording once, which is why a chunk's number may be its nonce.
"""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.errors import SealBroken

CHUNK_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + _TAG_BYTES
_NONCE_BYTES: Final = 12
_KEY_BITS: Final = 256


@dataclass(frozen=True)
class Sealed:
    """Sealed sound, and its data key wrapped (base64) for the row."""

    content: bytes
    wrapped_key: str


@dataclass(frozen=True)
class SealedPieces:
    """The same, sealed as it is taken, and taken once."""

    pieces: Iterator[bytes]
    wrapped_key: str


@dataclass(frozen=True)
class Seal:
    """A recording's data key, unwrapped: it opens the chunks of a file of `sealed_bytes`, one by one."""

    recording_id: str
    data_key: bytes
    sealed_bytes: int

    @property
    def chunks(self) -> int:
        """How many there are; an empty sound is one empty chunk."""
        return max(1, -(-self.sealed_bytes // SEALED_CHUNK_BYTES))

    @property
    def sound_bytes(self) -> int:
        """How long the sound is."""
        return self.sealed_bytes - self.chunks * _TAG_BYTES

    def opened(self, number: int, sealed: bytes) -> bytes:
        """The sound of one chunk. Raises SealBroken."""
        try:
            return AESGCM(self.data_key).decrypt(_nonce(number), sealed, _place(self.recording_id, number, self.chunks))
        except InvalidTag as error:
            raise SealBroken(self.recording_id) from error


def seal(sound: bytes, *, recording_id: str, seal_key: bytes) -> Sealed:
    """Seal `sound` under a fresh data key, wrapped by `seal_key` (32 bytes)."""
    sealed = seal_in_pieces(sound, recording_id=recording_id, seal_key=seal_key)
    return Sealed(b"".join(sealed.pieces), sealed.wrapped_key)


def seal_in_pieces(sound: bytes, *, recording_id: str, seal_key: bytes) -> SealedPieces:
    """The same, for a sound that is too long to lie in memory twice."""
    data_key = AESGCM.generate_key(_KEY_BITS)
    return SealedPieces(_sealed_chunks(sound, data_key, recording_id), _wrapped(data_key, recording_id, seal_key))


def opened(wrapped_key: str, *, recording_id: str, seal_key: bytes, sealed_bytes: int) -> Seal:
    """The seal of a recording whose file is so long. Raises SealBroken where its key was changed, or is another's."""
    return Seal(recording_id, _unwrapped(wrapped_key, recording_id, seal_key), sealed_bytes)


def unseal(sealed: Sealed, *, recording_id: str, seal_key: bytes) -> bytes:
    """The whole sound again; raises SealBroken where anything was changed or swapped, or the key is another."""
    content = sealed.content
    one = opened(sealed.wrapped_key, recording_id=recording_id, seal_key=seal_key, sealed_bytes=len(content))
    starts = range(0, one.chunks * SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES)
    return b"".join(one.opened(n, content[at : at + SEALED_CHUNK_BYTES]) for n, at in enumerate(starts))


def wrapped_anew(wrapped_key: str, *, recording_id: str, old_key: bytes, new_key: bytes) -> str:
    """The same data key under another seal key: the sealed sound stays as it is. Raises SealBroken."""
    return _wrapped(_unwrapped(wrapped_key, recording_id, old_key), recording_id, new_key)


def _sealed_chunks(sound: bytes, data_key: bytes, recording_id: str) -> Iterator[bytes]:
    cipher, count = AESGCM(data_key), max(1, -(-len(sound) // CHUNK_BYTES))
    view = memoryview(sound)
    for number in range(count):
        piece = view[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        yield cipher.encrypt(_nonce(number), piece, _place(recording_id, number, count))


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")


def _place(recording_id: str, number: int, count: int) -> bytes:
    return f"{recording_id}:{number}:{count}".encode()


def _wrapped(data_key: bytes, recording_id: str, seal_key: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(seal_key).encrypt(nonce, data_key, recording_id.encode())).decode()


def _unwrapped(wrapped_key: str, recording_id: str, seal_key: bytes) -> bytes:
    try:
        content = base64.b64decode(wrapped_key)
        return AESGCM(seal_key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], recording_id.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(recording_id) from error
