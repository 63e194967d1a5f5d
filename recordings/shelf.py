"""The shelf: sealed files in the data folder, each written whole or not at all; clear sound never touches the disk."""

import os
import secrets
from pathlib import Path

from recordings.errors import NotThere


class SealedShelf:
    """A folder of sealed recordings, readable by its owner only."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "recordings"

    def put(self, name: str, content: bytes) -> None:
        """Keep sealed bytes under `name`, on the disk for certain before this returns; the same name is replaced."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        finally:
            fresh.unlink(missing_ok=True)
        self._sync_folder()

    def get(self, name: str) -> bytes:
        """The sealed bytes; raises NotThere."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError as error:
            raise NotThere(name) from error

    def remove(self, name: str) -> None:
        """Destroy the file; one that is not there is no error."""
        (self._folder / name).unlink(missing_ok=True)

    def _sync_folder(self) -> None:
        """A rename is only safe from a power cut once the folder itself is on the disk."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
