"""Fills a pack: spoken by the machine's speech engine, or taken over from a studio's recordings."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError
from typing import Final, Protocol

from ivr.packs.checks import Entry, State, Step
from ivr.packs.pack import Pack, read_file
from ivr.packs.wanted import Wanted
from ivr.telephone_sound import levels
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import Coding, write_wav

_MAKER: Final = "pult prompts render"


class Engine(Protocol):
    """A speech engine; `speak` gives 16 bit samples at 8 kHz, and raises OSError, ValueError or SubprocessError."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def speak(self, text: str, language: str) -> bytes:
        """The text spoken in a language of two letters."""
        ...


@dataclass(frozen=True)
class Filled:
    """What came of filling a pack, by file."""

    made: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def to_render(found: Sequence[Entry], *, is_all: bool) -> tuple[Entry, ...]:
    """What is to be spoken: what is missing, and what was rendered from an older text. Somebody's own recording is
    replaced only if everything is.
    """
    return tuple(
        entry
        for entry in found
        if is_all or entry.state is State.MISSING or (entry.state is not State.READY and entry.is_rendered)
    )


def render(pack: Pack, engine: Engine, chosen: Sequence[Entry], step: Step = lambda: None) -> Filled:
    """Speak these, of one language, into the pack, trimmed and as loud as each other. What the engine cannot speak is
    refused.
    """
    made, refused = [], []
    pronounced = pack.pronounced(chosen[0].language) if chosen else {}
    for entry in chosen:
        try:
            samples = engine.speak(_as_read(entry.wanted.words, pronounced), entry.language)
            if not samples:
                raise ValueError("nothing was spoken")
        except (OSError, ValueError, SubprocessError) as error:
            refused.append(f"{entry.language}/{entry.wanted.file}: {engine.name} cannot speak it ({error})")
        else:
            samples = levels.levelled(levels.trimmed(samples))
            content = write_wav(samples, entry.wanted.words, Coding.ADPCM, maker=f"{_MAKER}, {engine.name}")
            _write(pack.folder / entry.language / entry.wanted.file, content)
            made.append(entry.wanted.file)
        step()
    return Filled(tuple(made), tuple(refused))


def _as_read(words: str, pronounced: Mapping[str, str]) -> str:
    for written in sorted(pronounced, key=len, reverse=True):
        words = words.replace(written, pronounced[written])
    return words


def take(pack: Pack, language: str, needed: Sequence[Wanted], folder: Path, step: Step = lambda: None) -> Filled:
    """Take a studio's recordings over, found in `folder` by the places that `list` shows: converted for telephones,
    and marked with the texts of today, which they are said to speak.
    """
    made, refused = [], []
    places = {one.file: one.words for one in needed}
    for file, path in Pack("", folder).files(language if (folder / language).is_dir() else "."):
        words = places.get(file)
        try:
            if words is None:
                raise NotWav("no prompt needs a file of this name")
            content = write_wav(read_file(path).samples, words, Coding.PCM)
        except NotWav as error:
            refused.append(f"{path}: {error}")
        else:
            _write(pack.folder / language / file, content)
            made.append(file)
        step()
    return Filled(tuple(made), tuple(refused))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a line may be playing it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)
