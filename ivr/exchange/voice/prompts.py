"""Prompts made audible: fetched from the application, or spoken by an engine, and kept for the next time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, assert_never

import requests

from ivr.exchange.signature import sign
from ivr.exchange.twiml.verbs import Pause, Play, Prompt, Say
from ivr.exchange.voice import audio, tones
from ivr.exchange.voice.speech import Engines
from ivr.exchange.webhooks import resolve
from ivr.telephone_sound import seconds

_MOST_KEPT_BYTES: Final = 64 * 1024 * 1024
_MOST_READ_BYTES: Final = 40 * 1024 * 1024
_PATIENCE_SECONDS: Final = 15.0
NOTHING: Final = b""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Audible:
    """A prompt's samples; ``text`` is what they say, where the file tells; ``tag`` is the file's version."""

    samples: bytes
    text: str = ""
    tag: str = ""


class Larder:
    """What was fetched or spoken lately, up to a size; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Audible] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Audible | None:
        """What is kept under a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Key, audible: Audible) -> None:
        """Keep it; the longest unused go."""
        with self._lock:
            old = self._kept.pop(key, None)
            self._size += len(audible.samples) - (len(old.samples) if old else 0)
            self._kept[key] = audible
            while self._size > _MOST_KEPT_BYTES and len(self._kept) > 1:
                _key, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped.samples)


class Prompts:
    """Makes prompts audible. ``ready`` answers at once from what is kept, ``make`` takes its time."""

    def __init__(self, engines: Engines, auth_token: str) -> None:
        self.engines = engines
        self._auth_token = auth_token
        self._larder = Larder()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.max_redirects = 10

    def ready(self, prompt: Prompt, base: str) -> Audible | None:
        """A prompt that needs no making: keys, a text spoken before."""
        match prompt:
            case Say():
                return self._larder.get(_key(prompt, base))
            case Play(digits=digits) if digits:
                return Audible(tones.keys(digits))
            case Play():
                return None
            case Pause():
                return Audible(NOTHING)
            case _:
                assert_never(prompt)

    def made(self, prompt: Prompt, base: str) -> Audible | None:
        """What ``make`` has made last of this prompt."""
        return self.ready(prompt, base) or self._larder.get(_key(prompt, base))

    def make(self, prompt: Prompt, base: str) -> Audible | None:
        """Fetch or speak it; None for a text that nobody here can speak.

        Raises ValueError or requests.RequestException for a file that cannot be had.
        """
        key = _key(prompt, base)
        if isinstance(prompt, Say):
            samples = self.engines.speak(prompt.text, prompt.language)
            audible = Audible(samples, prompt.text) if samples is not None else None
        else:
            audible = self._fetched(key[1], self._larder.get(key))
        if audible is not None:
            self._larder.keep(key, audible)
        return audible

    def _fetched(self, url: str, kept: Audible | None) -> Audible:
        """The file at an address, as signed as every request; one that has not changed is not sent again."""
        plain = url.partition("#")[0]
        headers = {"X-Twilio-Signature": sign(self._auth_token, plain), "User-Agent": "TwilioProxy/1.1"}
        if kept and kept.tag:
            headers["If-None-Match"] = kept.tag
        with self._session.get(plain, headers=headers, timeout=_PATIENCE_SECONDS, stream=True) as response:
            if response.status_code == 304 and kept:
                return kept
            response.raise_for_status()
            content = response.raw.read(_MOST_READ_BYTES, decode_content=True)
        return Audible(audio.samples_of(content), audio.text_of(content), response.headers.get("ETag", ""))

    def close(self) -> None:
        """Close connections, end engines."""
        self._session.close()
        self.engines.close()


def _key(prompt: Prompt, base: str) -> Key:
    match prompt:
        case Say():
            return ("say", prompt.language, prompt.text)
        case Play():
            return ("play", resolve(base, prompt.url), "")
        case Pause():
            return ("pause", "", "")
        case _:
            assert_never(prompt)


def seconds_of(audible: Audible) -> float:
    """How long a round of it lasts."""
    return seconds(audible.samples)
