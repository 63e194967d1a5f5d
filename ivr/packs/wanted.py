"""What a pack must hold: a recording for every prompt, fixed piece and fragment that the flows may say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flows import FlowSet
from flows.speech import every_fragment, fixed_parts, placeholders
from ivr.turns.apologies import APOLOGY, BACK_IN_QUEUE, GOODBYE, PASSED_ON
from ivr.turns.promised import BIRTH_DATE

PROMPTS, WORDS = "prompts", "words"

# Said by no flow, but by the turns themselves.
_HOUSE_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "house.apology": APOLOGY,
    "house.goodbye": GOODBYE,
    "house.back_in_queue": BACK_IN_QUEUE,
    "house.passed_on": PASSED_ON,
    "house.birth_date": BIRTH_DATE,
}


@dataclass(frozen=True)
class Wanted:
    """One recording: where it belongs in the language's folder, its words, and the prompt that says them first."""

    file: str
    words: str
    prompt: str


def wanted(flows: FlowSet, language: str) -> tuple[Wanted, ...]:
    """The recordings that a language needs, each words once: prompts in the order of their files, then fragments."""
    found: dict[str, Wanted] = {}
    for one in (*_prompts(flows, language), *_fragments(flows, language)):
        found.setdefault(one.words, one)
    return tuple(found.values())


def _texts(flows: FlowSet, language: str) -> Iterator[tuple[str, str]]:
    """Every prompt that some flow says, and what the turns say of themselves, by its id."""
    said = {said.id for flow in flows.flows.values() for node in flow.nodes.values() for said in node.speech()}
    for prompt in flows.prompts.values():
        for written, text in prompt.texts.items() if prompt.id in said else ():
            if prompt.voice_language(written, {}) == language:
                yield prompt.id if written == language else f"{prompt.id}.for_{written}", text
    for name, texts in _HOUSE_TEXTS.items():
        if language in texts:
            yield name, texts[language]


def _prompts(flows: FlowSet, language: str) -> Iterator[Wanted]:
    for prompt, text in _texts(flows, language):
        pieces = fixed_parts(text)
        is_whole = not placeholders(text)
        for number, words in enumerate(pieces, start=1):
            name = prompt if is_whole else f"{prompt}.{number}"
            yield Wanted(f"{PROMPTS}/{name}.wav", words, prompt)


def _fragments(flows: FlowSet, language: str) -> Iterator[Wanted]:
    for prompt, text in _texts(flows, language):
        for placeholder in placeholders(text):
            for words in every_fragment(placeholder, language=language):
                yield Wanted(f"{WORDS}/{file_name(words)}", words, prompt)


def file_name(words: str) -> str:
    """The file of a fragment: its words, joined so that every system can store them."""
    bare = "".join(letter if letter.isalnum() or letter in " -" else "" for letter in words)
    return f"{'_'.join(bare.split())}.wav"
