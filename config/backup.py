"""Backup and restore of the embedded default: the SQLite file and the sealed recordings, in one checked archive.

The archive is a tar file: `pult.sqlite`, `recordings/…`, the two key files only if asked for, and last `manifest.json`
with the SHA-256 of each. Redis is not in it: whatever it holds follows from the database.
"""

import hashlib
import io
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final, TypeAlias

from sqlalchemy import make_url

from config.errors import ConfigError
from config.processes import sole_use
from config.settings import Settings, read_seal_keys

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes."""

KEYS: Final = ("seal.key", "pepper.key", "audit.key")
_DATABASE: Final = "pult.sqlite"
_RECORDINGS: Final = "recordings"
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1
_PAGES_AT_ONCE: Final = 512
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What an archive holds; `files` maps names to SHA-256, `seal_key` tells keys apart without telling them."""

    format: int
    made_at: str
    has_keys: bool
    seal_key: str
    files: dict[str, str]


def back_up(
    settings: Settings, target: Path, *, now: datetime, with_keys: bool = False, progress: Progress | None = None
) -> Manifest:
    """Write an archive of the running or stopped centre to `target`, which must not exist; readable by its owner only.

    The database is copied as of one instant, by SQLite's online backup. Raises ConfigError when there is no embedded
    database or the file cannot be written.
    """
    told = progress or _silent
    database = _sqlite_file(settings)
    if not database.exists():
        raise ConfigError(f"there is nothing to back up: {database} does not exist.")
    if target.exists():
        raise ConfigError(f"{target} exists already: name another file.")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        manifest = _write_archive(settings, database, unfinished, now, with_keys, told)
        unfinished.rename(target)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror}).") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def restore(settings: Settings, archive: Path, *, now: datetime, progress: Progress | None = None) -> Path | None:
    """Put the archive's content in the data folder's place; returns the folder that what was there was moved to.

    Everything is unpacked and checked first, and nothing is touched unless all is well. Raises ConfigError where the
    archive is damaged, a centre is running, or its recordings were sealed with another key.
    """
    database = _sqlite_file(settings)
    with sole_use(settings.data_dir), _staging(settings.data_dir) as staged:
        manifest = _unpack(archive, staged, progress or _silent)
        _check_database(staged / _DATABASE, archive)
        _check_keys(settings, manifest)
        return _swap(settings.data_dir, database, staged, now)


def holds_data(settings: Settings) -> bool:
    """Whether a restore would replace anything."""
    return _sqlite_file(settings).exists() or (settings.data_dir / _RECORDINGS).exists()


def read_manifest(archive: Path) -> Manifest:
    """What the archive says that it holds; raises ConfigError if it is no archive of ours."""
    try:
        with tarfile.open(archive) as tar:
            return _read_manifest(tar, archive)
    except (OSError, tarfile.TarError) as error:
        raise ConfigError(f"{archive} cannot be read as a backup ({error}).") from error


def _write_archive(
    settings: Settings, database: Path, path: Path, now: datetime, with_keys: bool, told: Progress
) -> Manifest:
    files: dict[str, str] = {}
    with open(path, "xb", opener=_private) as file, tarfile.open(fileobj=file, mode="w") as tar:
        with _staging(settings.data_dir) as staged:
            copy = staged / _DATABASE
            _copy_database(database, copy, told)
            files[_DATABASE] = _add(tar, copy, _DATABASE)
        # After the database: a recording is written before its row and never changed, so none that it knows is missing.
        for number, total, name in _numbered(_recordings(settings.data_dir)):
            told("recordings", number, total)
            if digest := _add(tar, settings.data_dir / name, name):
                files[name] = digest
        for name in KEYS if with_keys else ():
            if (settings.data_dir / name).exists():
                files[name] = _add(tar, settings.data_dir / name, name)
        manifest = Manifest(_FORMAT, now.isoformat(), with_keys, _fingerprint(settings.seal_key), files)
        written = json.dumps(asdict(manifest), indent=1).encode()
        _add_stream(tar, io.BytesIO(written), _MANIFEST, len(written))
        tar.close()
        os.fsync(file.fileno())
    return manifest


def _copy_database(database: Path, copy: Path, told: Progress) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        # Held open, this reading transaction keeps the instant: without it each write elsewhere begins the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(
            target,
            pages=_PAGES_AT_ONCE,
            progress=lambda _status, left, total: told("database", total - left, total),
        )
        target.execute("PRAGMA journal_mode=DELETE")


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    """Add one file; its SHA-256, or nothing if it has just been destroyed."""
    try:
        with path.open("rb") as file:
            return _add_stream(tar, file, name, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        return ""


def _add_stream(tar: tarfile.TarFile, stream: IO[bytes], name: str, size: int) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    digesting = _Digesting(stream)
    tar.addfile(member, digesting)
    return digesting.digest.hexdigest()


class _Digesting:
    """Reads from a stream and digests what went through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _unpack(archive: Path, staged: Path, told: Progress) -> Manifest:
    try:
        with tarfile.open(archive) as tar:
            manifest = _read_manifest(tar, archive)
            for number, total, name in _numbered(sorted(manifest.files)):
                told("checking", number, total)
                _unpack_one(tar, staged, name, manifest.files[name], archive)
            return manifest
    except (OSError, tarfile.TarError, KeyError) as error:
        raise ConfigError(f"{archive} cannot be read as a backup ({error}).") from error


def _read_manifest(tar: tarfile.TarFile, archive: Path) -> Manifest:
    try:
        stream = tar.extractfile(_MANIFEST)
        manifest = Manifest(**json.load(stream)) if stream else None
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigError(f"{archive} is not a whole backup of Pult: it has no manifest.") from error
    if manifest is None or manifest.format != _FORMAT:
        raise ConfigError(f"{archive} was made by another version of Pult.")
    return manifest


def _unpack_one(tar: tarfile.TarFile, staged: Path, name: str, expected: str, archive: Path) -> None:
    if not _is_ours(name):
        raise ConfigError(f"{archive} holds {name!r}, which no backup of Pult does.")
    stream = tar.extractfile(name)
    if stream is None:
        raise ConfigError(f"{archive}: {name} is not a file.")
    path = staged / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with open(path, "xb", opener=_private) as file:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != expected:
        raise ConfigError(f"{archive} is damaged: {name} is not what was backed up. Nothing was changed.")


def _is_ours(name: str) -> bool:
    """Names come from a file that anybody may have made: nothing may land outside of the data folder."""
    folder, _, file = name.rpartition("/")
    return name in (_DATABASE, *KEYS) or (folder == _RECORDINGS and file not in ("", ".", "..") and "\\" not in file)


def _check_database(path: Path, archive: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise ConfigError(f"{archive}: its database is damaged ({said}). Nothing was changed.")


def _check_keys(settings: Settings, manifest: Manifest) -> None:
    ours = read_seal_keys(settings.data_dir, settings.named)
    if not manifest.has_keys and manifest.seal_key not in map(_fingerprint, ours):
        raise ConfigError(
            "the recordings in this backup were sealed with another key: "
            f"put its {KEYS[0]} and {KEYS[1]} into {settings.data_dir} first. Nothing was changed."
        )


def _swap(data_dir: Path, database: Path, staged: Path, now: datetime) -> Path | None:
    """Move what is there aside, and what was unpacked in; on any error what was there comes back."""
    aside = data_dir / f"replaced-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    aside.mkdir(mode=0o700)
    places = {name.name: database if name.name == _DATABASE else data_dir / name.name for name in staged.iterdir()}
    leftovers = [database.with_name(database.name + ending) for ending in ("-wal", "-shm")]
    moved: list[tuple[Path, Path]] = []
    try:
        for old in (*places.values(), data_dir / _RECORDINGS, *leftovers):
            if old.exists():
                moved.append((old, aside / old.name))
                old.rename(aside / old.name)
        for name, place in places.items():
            moved.append((staged / name, place))
            (staged / name).rename(place)
    except OSError as error:
        for before, after in reversed(moved):
            if after.exists():
                after.rename(before)
        raise ConfigError(f"the backup cannot be put in place ({error.strerror}). Nothing was changed.") from error
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None


@contextmanager
def _staging(data_dir: Path) -> Iterator[Path]:
    """A folder beside the data, so that moving out of it is one step; gone afterwards."""
    folder = data_dir / f".staging-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sqlite_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigError("this is for the embedded SQLite only: for PostgreSQL see docs/operating.md.")
    return Path(url.database)


def _recordings(data_dir: Path) -> list[str]:
    folder = data_dir / _RECORDINGS
    # A name that begins with a dot is being written now; its row does not exist yet.
    whole = [path.name for path in folder.iterdir() if path.name[0] != "."] if folder.exists() else []
    return [f"{_RECORDINGS}/{name}" for name in sorted(whole)]


def _numbered(names: list[str]) -> Iterator[tuple[int, int, str]]:
    return ((number, len(names), name) for number, name in enumerate(names, start=1))


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"pult seal key" + key).hexdigest()[:16]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _silent(_what: str, _done: int, _total: int) -> None:
    """For whoever wants no progress."""
