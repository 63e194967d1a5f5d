"""Packs on the disk: `<pack>/<language>/prompts/*.wav` and `words/*.wav`, found by the words that each file speaks.

A recording is found by its own text, so that one whose prompt has changed since is simply not there.
"""

import hashlib
import logging
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from ivr.packs.errors import PackError
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import Wav, read_head, read_wav

log = logging.getLogger("pult.packs")

SHIPPED: Final = "festival"
"""The pack that Pult brings along: Russian, rendered ahead."""
_SHIPPED_FOLDER: Final = Path(__file__).parent / "shipped"
_PRONOUNCED: Final = "pronounced.yaml"
_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Recording:
    """One file that can be played; `id` changes with any of its bytes."""

    id: bytes
    path: Path
    text: str

    def read(self) -> Wav:
        """The file's sound. Raises NotWav where it is no longer the file that was found."""
        content = _content(self.path)
        if _id(content) != self.id:
            raise NotWav("it was replaced meanwhile")
        return read_wav(content)


@dataclass(frozen=True)
class Pack:
    """A folder of recordings, by language."""

    name: str
    folder: Path

    def languages(self) -> tuple[str, ...]:
        """The languages that it has a folder for."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.folder.iterdir() if path.is_dir()))

    def pronounced(self, language: str) -> Mapping[str, str]:
        """How a speech engine is to read some words, by the words as they are written: `pronounced.yaml` of a language.

        Raises PackError for a file that is no mapping of texts.
        """
        path = self.folder / language / _PRONOUNCED
        try:
            read = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise PackError(f"{path}: {error}") from error
        if not isinstance(read, dict) or not all(isinstance(it, str) for pair in read.items() for it in pair):
            raise PackError(f"{path}: expected words, each with how it is read")
        return read

    def files(self, language: str) -> Iterator[tuple[str, Path]]:
        """Every file of a language, by its place in the language's folder, such as `prompts/oms.main.wav`."""
        top = self.folder / language
        for path in sorted(top.rglob("*")):
            if path.is_file() and path != top / _PRONOUNCED:
                # Some systems take й apart into two signs.
                yield unicodedata.normalize("NFC", path.relative_to(top).as_posix()), path


def read_file(path: Path) -> Wav:
    """A file of a pack. Raises NotWav, also for one that cannot be read at all."""
    return read_wav(_content(path))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotWav(f"cannot be read ({error.strerror})") from error


def _id(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_ID_BYTES]


def find_pack(settings_folder: Path | None, name: str) -> Pack:
    """The pack of this name in the installation's folder, else Pult's own. Raises PackError."""
    is_plain = name == Path(name).name and name not in ("", "..")
    for folder in (settings_folder, _SHIPPED_FOLDER):
        if folder is not None and is_plain and (folder / name).is_dir():
            return Pack(name, folder / name)
    own = settings_folder or "PULT_PACKS_DIR, which is not set,"
    raise PackError(f"no prompt pack '{name}' in {own} nor among those that Pult ships")


def packs_dir(named: Mapping[str, str]) -> Path | None:
    """Where the installation keeps packs of its own, by its settings; None if nowhere."""
    written = named.get("PULT_PACKS_DIR", "").strip()
    return Path(written) if written else None


@dataclass
class Shelf:
    """The packs that an installation's lines name, each read once a process: some hundred files, in a moment."""

    folder: Path | None = None
    names: tuple[str, ...] = ()
    _read: dict[tuple[str, str], Mapping[str, Recording]] = field(default_factory=dict)
    _by_id: dict[bytes, Recording] = field(default_factory=dict)

    def require(self) -> None:
        """Raises PackError for a pack that is not there."""
        for name in self.names:
            find_pack(self.folder, name)

    def load(self) -> None:
        """Read all of them now: a turn must not wait for the disk."""
        for name in self.names:
            for language in find_pack(self.folder, name).languages():
                self._recordings(name, language)

    def find(self, names: Sequence[str], language: str, words: str) -> Recording | None:
        """The recording of these words in the first of these packs that has it."""
        found = (self._recordings(name, language).get(words) for name in names)
        return next((one for one in found if one is not None), None)

    def by_id(self, id_: bytes) -> Recording | None:
        """The recording of this id, whichever pack has it."""
        return self._by_id.get(id_)

    def _recordings(self, name: str, language: str) -> Mapping[str, Recording]:
        known = self._read.get((name, language))
        if known is None:
            known = self._read[name, language] = dict(_playable(find_pack(self.folder, name), language))
            self._by_id.update((one.id, one) for one in known.values())
        return known


def _playable(pack: Pack, language: str) -> Iterator[tuple[str, Recording]]:
    for file, path in pack.files(language):
        if path.suffix != ".wav":
            continue
        try:
            content = _content(path)
            head = read_head(content)
        except NotWav as error:
            log.warning("pack %s: %s/%s is passed over: %s", pack.name, language, file, error)
            continue
        if head.text and head.is_fit:
            yield head.text, Recording(_id(content), path, head.text)
