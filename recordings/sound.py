"""A sealed recording as a file that can be read from any place; only chunks that are read are unsealed, in memory."""

import io
from typing import Final

from recordings.sealing import CHUNK_BYTES, SEALED_CHUNK_BYTES, Seal
from recordings.shelf import SealedShelf

_NOTHING: Final = -1


class UnsealedSound(io.RawIOBase):
    """The clear sound, for reading; it keeps one chunk. Reading raises SealBroken and NotThere."""

    def __init__(self, shelf: SealedShelf, name: str, seal: Seal) -> None:
        self._shelf, self._name, self._seal = shelf, name, seal
        self._at = 0
        self._number, self._chunk = _NOTHING, b""

    @property
    def length(self) -> int:
        """How many bytes there are."""
        return self._seal.sound_bytes

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where it reads next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on from there."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Up to the end of the chunk that it stands in; 0 at the end."""
        if self._at >= self.length:
            return 0
        number, start = divmod(self._at, CHUNK_BYTES)
        piece = self._opened(number)[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _opened(self, number: int) -> bytes:
        if number != self._number:
            sealed = self._shelf.read(self._name, start=number * SEALED_CHUNK_BYTES, length=SEALED_CHUNK_BYTES)
            self._number, self._chunk = number, self._seal.opened(number, sealed)
        return self._chunk
