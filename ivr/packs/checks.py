"""Holds a pack against the texts: what is missing or stale, and whether each file is fit for a telephone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ivr import telephone_sound
from ivr.packs.pack import Pack, read_file
from ivr.packs.wanted import Wanted
from ivr.telephone_sound import levels
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import Wav

LONGEST_SECONDS: Final = 40.0
_SHORTEST_SECONDS: Final = 0.1
_QUIETEST_DBFS: Final = -30.0

Step = Callable[[], None]
"""Called after each file, for a progress bar."""


class State(StrEnum):
    """What a pack has of one recording. Only what is ready is played."""

    READY = "ready"
    MISSING = "missing"
    STALE = "stale"
    UNMARKED = "unmarked"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Entry:
    """One wanted recording and its file: what it says, in seconds how long, in dBFS how loud, and what is wrong."""

    language: str
    wanted: Wanted
    state: State
    says: str = ""
    seconds: float = 0.0
    level: float = 0.0
    format: str = ""
    is_rendered: bool = False
    faults: tuple[str, ...] = ()


def entries(pack: Pack, language: str, needed: Sequence[Wanted], step: Step = lambda: None) -> tuple[Entry, ...]:
    """What the pack has of everything that a language needs."""
    files = dict(pack.files(language)) if language in pack.languages() else {}
    found = []
    for one in needed:
        found.append(_entry(language, one, files.get(one.file)))
        step()
    return tuple(found)


def unknown_files(pack: Pack, language: str, needed: Sequence[Wanted]) -> tuple[tuple[str, Path], ...]:
    """Files of a language that no prompt needs, by their place."""
    if language not in pack.languages():
        return ()
    known = {one.file for one in needed}
    return tuple((file, path) for file, path in pack.files(language) if file not in known)


def findings(found: Sequence[Entry], unknown: Sequence[tuple[str, Path]], language: str) -> Iterator[str]:
    """Everything that is wrong, each with the file that it is about."""
    for entry in found:
        for fault in entry.faults:
            yield f"{language}/{entry.wanted.file}: {fault}"
    for file, _ in unknown:
        yield f"{language}/{file}: no prompt needs this file"


def _entry(language: str, one: Wanted, path: Path | None) -> Entry:
    if path is None:
        return Entry(language, one, State.MISSING, faults=(f"missing; it is to say: {one.words}",))
    try:
        wav = read_file(path)
    except NotWav as error:
        return Entry(language, one, State.UNREADABLE, faults=(f"unreadable: {error}",))
    state, fault = _state(wav, one)
    return Entry(
        language=language,
        wanted=one,
        state=state,
        says=wav.text,
        seconds=telephone_sound.seconds(wav.samples),
        level=levels.level(wav.samples),
        format=wav.kind,
        is_rendered=bool(wav.maker),
        faults=(*fault, *_sound_faults(wav)),
    )


def _state(wav: Wav, one: Wanted) -> tuple[State, tuple[str, ...]]:
    if wav.text == one.words:
        return State.READY, ()
    if not wav.text:
        return State.UNMARKED, ("does not say what it speaks (ICMT): bring it in with `pult prompts take`",)
    return State.STALE, (f"stale: it says '{wav.text}', the text is '{one.words}'",)


def _sound_faults(wav: Wav) -> Iterator[str]:
    if not wav.is_fit:
        yield f"wrong format ({wav.kind}): 8 kHz mono, as 16 bit PCM, µ-law or IMA ADPCM"
    seconds, level = telephone_sound.seconds(wav.samples), levels.level(wav.samples)
    if seconds > LONGEST_SECONDS:
        yield f"too long: {seconds:.1f} s of at most {LONGEST_SECONDS:.0f}"
    if seconds < _SHORTEST_SECONDS:
        yield f"too short: {seconds:.2f} s"
    elif level < _QUIETEST_DBFS:
        yield f"too quiet: {level:.0f} dBFS, at least {_QUIETEST_DBFS:.0f}"
    if levels.is_cut_off(wav.samples):
        yield "clipped: recorded too loud"
