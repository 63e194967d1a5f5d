"""Prompts as the carrier speaks them: the text in the call's language, by that language's voice or
recordings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from flows.library import FlowSet
from flows.speech import placeholders, render
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
RecordedPacks: TypeAlias = Mapping[str, str]
"""Language to the url of a folder with `<prompt id>.mp3` of every prompt that has no variables."""


@dataclass(frozen=True)
class Delivery:
    """How an installation's lines sound: a voice a language, and recorded packs where there are any."""

    voices: Voices = field(default_factory=lambda: dict(VOICES))
    packs: RecordedPacks = field(default_factory=dict)

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
    """A ready text, such as a duty manager's announcement."""
    voice = delivery.voice(language)
    return elements.say(text, voice=voice.name, language=voice.tag)


def _one(flows: FlowSet, prompt: Prompt, language: str, delivery: Delivery) -> Xml:
    template = _template(flows, prompt, language)
    read_in = flows.prompts[prompt.id].voice_language(language, prompt.values())
    if not _names(template):
        pack = delivery.packs.get(language)
        if pack is not None:
            return elements.play(f"{pack}/{prompt.id}.mp3")
        return _plain_say(template, read_in, delivery.voice(read_in))
    text = text_of(flows, prompt, language=language)
    return say_text(text, language=read_in, delivery=delivery) if text else ""


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
