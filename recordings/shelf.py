"""The shelf of sealed files, each written whole or not at all: a folder, or a bucket (`recordings/bucket.py`).

Clear sound never touches either.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from config.errors import ConfigError
from config.settings import Settings
from recordings.errors import NotThere


class SealedShelf(Protocol):
    """Where sealed recordings are kept, by name."""

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Keep sealed bytes under `name`, for certain before this returns; the same name is replaced."""
        ...

    def size(self, name: str) -> int:
        """How many sealed bytes there are; raises NotThere."""
        ...

    def read(self, name: str, *, start: int, length: int) -> bytes:
        """Some of the sealed bytes, fewer at the end; raises NotThere."""
        ...

    def get(self, name: str) -> bytes:
        """All of the sealed bytes; raises NotThere."""
        ...

    def remove(self, name: str) -> None:
        """Destroy the file; one that is not there is no error."""
        ...


class FolderShelf:
    """A folder of sealed recordings, readable by its owner only."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "recordings"

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """See `SealedShelf`: on the disk before this returns."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        finally:
            fresh.unlink(missing_ok=True)
        self._sync_folder()

    def size(self, name: str) -> int:
        """See `SealedShelf`."""
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError as error:
            raise NotThere(name) from error

    def read(self, name: str, *, start: int, length: int) -> bytes:
        """See `SealedShelf`."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError as error:
            raise NotThere(name) from error

    def get(self, name: str) -> bytes:
        """See `SealedShelf`."""
        return self.read(name, start=0, length=-1)

    def remove(self, name: str) -> None:
        """See `SealedShelf`."""
        (self._folder / name).unlink(missing_ok=True)

    def _sync_folder(self) -> None:
        """A rename is only safe from a power cut once the folder itself is on the disk."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def shelf_of(settings: Settings) -> SealedShelf:
    """The installation's shelf: the bucket that `PULT_RECORDINGS_BUCKET` names, else a folder in the data folder."""
    place = settings.named.get("PULT_RECORDINGS_BUCKET", "").strip()
    if not place:
        return FolderShelf(settings.data_dir)
    # Its library takes long to load, and is an extra: whoever keeps recordings in a folder needs neither.
    try:
        from recordings.bucket import bucket_shelf
    except ImportError as error:
        raise ConfigError("PULT_RECORDINGS_BUCKET is set: install pult[s3], or leave it out.") from error
    return bucket_shelf(settings, place)
