"""Prompts as the carrier has them: played from a pack of recordings, or the text spoken by a voice of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from flows.library import FlowSet
from flows.speech import Parts, parts, placeholders, render, text_of_parts, whole
from flows.turn import Prompt
from ivr.twiml import elements
from ivr.twiml.elements import Xml


@dataclass(frozen=True)
class Voice:
    """A carrier's voice and the language tag to ask it for."""

    name: str
    tag: str


RUSSIAN: Final = Voice("Polly.Tatyana", "ru-RU")

# No carrier voice speaks Uzbek, Tajik or Kyrgyz (twilio.md §6): the Russian one reads their texts until a
# recorded pack is configured (docs/decisions/voices-for-languages-without-one.md).
VOICES: Final[Mapping[str, Voice]] = {
    "ru": RUSSIAN,
    "en": Voice("Polly.Joanna", "en-US"),
    "uz": RUSSIAN,
    "tg": RUSSIAN,
    "ky": RUSSIAN,
}

Voices: TypeAlias = Mapping[str, Voice]


class Recordings(Protocol):
    """The packs of a line."""

    def address_of(self, spoken: Parts, language: str) -> str | None:
        """Where the carrier fetches the recordings of these parts; None where one of them must be spoken instead."""
        ...


@dataclass(frozen=True)
class Delivery:
    """How a line sounds: a voice for each language, and recordings where the line has a pack."""

    voices: Voices = field(default_factory=lambda: dict(VOICES))
    recordings: Recordings | None = None

    def voice(self, language: str) -> Voice:
        """The voice of a language, the Russian one where none is known."""
        return self.voices.get(language, RUSSIAN)


def spoken(flows: FlowSet, said: Sequence[Prompt], *, language: str, delivery: Delivery) -> Xml:
    """What was said, as verbs. A prompt with a variable that is unknown (None) is left out, as DESIGN's
    estimate is.
    """
    return "".join(_one(flows, prompt, language, delivery) for prompt in said)


def text_of(flows: FlowSet, prompt: Prompt, *, language: str) -> str:
    """The words of a prompt in a language, for the call log, a message, or a page; empty if a variable is
    unknown.
    """
    template = _template(flows, prompt, language)
    values = prompt.values()
    names = _names(template)
    if any(values.get(name) is None for name in names):
        return ""
    return render(template, values, language=language) if names else _plain(template, language)


def say_text(text: str, *, language: str, delivery: Delivery) -> Xml:
    """A ready text, such as a duty manager's announcement; played if a pack has it."""
    return _played(whole(text), text, language, delivery) or _said(text, language, delivery)


def _one(flows: FlowSet, prompt: Prompt, language: str, delivery: Delivery) -> Xml:
    template = _template(flows, prompt, language)
    read_in = flows.prompts[prompt.id].voice_language(language, prompt.values())
    if not _names(template):
        text = _plain(template, language)
        return _played(whole(text), text, read_in, delivery) or _plain_say(template, read_in, delivery.voice(read_in))
    values = prompt.values()
    if delivery.recordings is not None and all(values.get(name) is not None for name in _names(template)):
        pieces = parts(template, values, language=language)
        if played := _played(pieces, text_of_parts(pieces), read_in, delivery):
            return played
    text = text_of(flows, prompt, language=language)
    return _said(text, read_in, delivery) if text else ""


def _played(pieces: Parts, text: str, language: str, delivery: Delivery) -> Xml:
    address = delivery.recordings.address_of(pieces, language) if delivery.recordings else None
    return elements.play(address, caption=text) if address else ""


def _said(text: str, language: str, delivery: Delivery) -> Xml:
    voice = delivery.voice(language)
    return elements.say(text, voice=voice.name, language=voice.tag)


def _template(flows: FlowSet, prompt: Prompt, language: str) -> str:
    texts = flows.prompts[prompt.id].texts
    return texts.get(language) or texts["ru"]


@lru_cache(maxsize=4096)
def _names(template: str) -> tuple[str, ...]:
    return tuple(placeholder.name for placeholder in placeholders(template))


@lru_cache(maxsize=4096)
def _plain(template: str, language: str) -> str:
    return render(template, {}, language=language)


@lru_cache(maxsize=4096)
def _plain_say(template: str, language: str, voice: Voice) -> Xml:
    return elements.say(_plain(template, language), voice=voice.name, language=voice.tag)
