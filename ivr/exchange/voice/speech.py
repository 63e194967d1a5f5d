"""Speaks a text with the engine that this machine has: festival's Russian voice, else espeak-ng, else nothing."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import shutil
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from ivr.exchange.voice import audio

_LONGEST_SECONDS: Final = 30.0
_RUSSIAN: Final = "voice_msu_ru_nsh_clunits"
_RUSSIAN_LETTER: Final = re.compile(r"[А-Яа-яЁё]")
_ABBREVIATION: Final = re.compile(r"\b[А-Я]{2,3}\b")
_NAMES: Final = (
    "а бэ вэ гэ дэ е жэ зэ и й ка эл эм эн о пэ эр эс тэ у эф ха цэ че ша ща ъ ы ь э ю я"
)
_LETTERS: Final = dict(zip("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", _NAMES.split(), strict=True))
_FESTIVAL_VOICES: Final = (Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits"),)
# Languages that the exchange's lines speak and espeak-ng has a voice for; it has none for Tajik.
_ESPEAK: Final = frozenset({"ru", "en", "uz", "ky", "kk"})


class Engine(Protocol):
    """A speech engine: ``name`` for people, ``speak`` gives samples (pcm.py)."""

    name: str

    def has(self, language: str) -> bool:
        """Whether it speaks this language (two letters)."""
        ...

    def speak(self, text: str, language: str) -> bytes:
        """Samples; raises OSError, ValueError or subprocess.SubprocessError where it fails."""
        ...


class Festival:
    """Festival with the Russian voice of Moscow's university: one child that stays, as its voice takes seconds to load.

    The child ends with its input, so it does not outlive us.
    """

    name = "festival"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def has(self, language: str) -> bool:
        return language == "ru"

    def speak(self, text: str, language: str) -> bytes:
        with self._lock, TemporaryDirectory(prefix="speech-") as folder:
            spoken = Path(folder, "speech.wav")
            child = self._running()
            # The text can close no string: what the voice has no rule for is no part of it.
            said = f'(utt.save.wave (utt.synth (Utterance Text "{_pronounceable(text)}")) "{spoken}" \'riff)'
            _obey(child, said)
            # There is no file where it stumbles over the text, such as over a date in digits.
            return audio.samples_of(spoken.read_bytes())

    def warm_up(self) -> None:
        """Load the voice before somebody waits for it."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """End the child."""
        with self._lock:
            if self._child:
                _end(self._child)
            self._child = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            if self._child:
                _end(self._child)
            self._child = subprocess.Popen(
                ["festival", "--pipe"],  # noqa: S607 - wherever the machine has it
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            _obey(self._child, f"({_RUSSIAN})")
        return self._child


def _obey(child: subprocess.Popen[bytes], command: str) -> None:
    """Have a command carried out; raises OSError, after ending the child, where it is not."""
    if child.stdin is None or child.stdout is None:
        raise OSError("festival has no pipes")
    patience = threading.Timer(_LONGEST_SECONDS, child.kill)
    patience.start()
    try:
        child.stdin.write(f'{command}\n(format t "done\\n")\n(fflush nil)\n'.encode())
        child.stdin.flush()
        if child.stdout.readline().strip() != b"done":
            child.kill()
            raise OSError("festival has ended")
    finally:
        patience.cancel()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()


def _pronounceable(text: str) -> str:
    """Russian letters, digits and the stops that the voice knows; a dash is a pause, other signs are spaces.

    Raises ValueError for letters that it has no rules for, at which it would fall silent.
    """
    if any(letter.isalpha() and not _RUSSIAN_LETTER.match(letter) for letter in text):
        raise ValueError("not written in Russian letters")
    text = re.sub(r"\s[—–-]\s", ", ", text)
    text = _ABBREVIATION.sub(_spelled, text)
    text = re.sub(r"[^А-Яа-яЁё0-9.,!?;:-]+", " ", text).strip()
    # A stop that stands alone, as behind a closing quotation mark, makes it fail.
    return re.sub(r"\s+(?=[.,!?;:])", "", text)


def _spelled(abbreviation: re.Match[str]) -> str:
    """Letter by letter, as ДМС is said; one that is read as a word, such as МАКС, is longer."""
    return " ".join(_LETTERS[letter] for letter in abbreviation[0])


class EspeakProgram:
    """espeak-ng, the program."""

    name = "espeak-ng"

    def has(self, language: str) -> bool:
        return language in _ESPEAK

    def speak(self, text: str, language: str) -> bytes:
        spoken = _run(["espeak-ng", "-v", language, "-s", "150", "--stdout", "--stdin"], text.encode())
        return audio.samples_of(spoken)


class EspeakLibrary:
    """espeak-ng, the library that the package espeakng-loader brings; one text at a time."""

    name = "espeak-ng"
    _SYNCHRONOUS: Final = 2
    _UTF8: Final = 1

    def __init__(self) -> None:
        import espeakng_loader

        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        folder = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(self._SYNCHRONOUS, 0, folder, 0)
        if self._rate <= 0:
            raise OSError("espeak-ng does not start")
        self._spoken = bytearray()
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def has(self, language: str) -> bool:
        return language in _ESPEAK

    def speak(self, text: str, language: str) -> bytes:
        with self._lock:
            self._spoken.clear()
            # An unknown voice would silently keep the last one.
            if self._library.espeak_SetVoiceByName(language.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice for {language}")
            said = text.encode()
            self._library.espeak_Synth(said, len(said) + 1, 0, 0, 0, self._UTF8, None, None)
            self._library.espeak_Synchronize()
            samples = bytes(self._spoken)
        return audio.converted(samples, rate=self._rate)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._spoken += ctypes.string_at(samples, count * 2)
        return 0


def _run(command: list[str], text: bytes | None = None) -> bytes:
    done = subprocess.run(  # noqa: S603 - programs of ours, the text never among their arguments
        command, input=text, capture_output=True, check=True, timeout=_LONGEST_SECONDS
    )
    return done.stdout


@dataclass(frozen=True)
class Engines:
    """The engines found here, the best first."""

    found: tuple[Engine, ...]

    def warm_up(self) -> None:
        """Load what takes long to load."""
        for engine in self.found:
            if isinstance(engine, Festival):
                with suppress(OSError):
                    engine.warm_up()

    def close(self) -> None:
        """End what was started."""
        for engine in self.found:
            if isinstance(engine, Festival):
                engine.close()

    def for_language(self, tag: str) -> Engine | None:
        """Who speaks a language such as ``ru-RU``; None if nobody does."""
        language = tag.partition("-")[0].lower()
        return next((engine for engine in self.found if engine.has(language)), None)

    def speak(self, text: str, tag: str) -> bytes | None:
        """Samples of a text; None if nobody speaks the language, or whoever does has failed."""
        language = tag.partition("-")[0].lower()
        for engine in self.found:
            if engine.has(language):
                with suppress(OSError, ValueError, subprocess.SubprocessError):
                    said = engine.speak(text, language)
                    if said:
                        return said
        return None


def find_engines() -> Engines:
    """Look for engines on this machine."""
    found: list[Engine] = []
    if shutil.which("festival") and any(folder.is_dir() for folder in _FESTIVAL_VOICES):
        found.append(Festival())
    if shutil.which("espeak-ng"):
        found.append(EspeakProgram())
    elif importlib.util.find_spec("espeakng_loader") is not None:
        # Of another processor, or without its data, it is as good as not there.
        with suppress(OSError, AttributeError):
            found.append(EspeakLibrary())
    return Engines(tuple(found))
