"""What a caller was told, word for word: the prompts of the call log with the texts that the replies really held."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree

from flows.flow import PromptText
from flows.speech import Placeholder, SpeechError, parse

_UNKNOWN: Final = "…"


class SpokenTexts:
    """The texts of the replies given at one instant, taken one after another by the prompts that they came from.

    A prompt with variables is found by its template, because the log keeps its id only: the values stand nowhere
    but in the reply itself.
    """

    def __init__(self, replies: Sequence[str]) -> None:
        self._left = [text for reply in replies for text in _said_in(reply)]

    def of(self, prompts: Mapping[str, PromptText], prompt_id: str, language: str) -> str:
        """What the prompt sounded like; its text with gaps where no reply holds it."""
        prompt = prompts.get(prompt_id)
        if prompt is None:
            return f"[{prompt_id}]"
        template = prompt.texts.get(language) or prompt.texts.get("ru", "")
        pattern, with_gaps = _pattern(template)
        for number, text in enumerate(self._left):
            if pattern.fullmatch(text):
                return self._left.pop(number)
        return with_gaps


def _said_in(reply: str) -> list[str]:
    try:
        # The replies are our own, read back from our own table.
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))  # noqa: S314
        root = ElementTree.fromstring(reply, parser)  # noqa: S314
    except ElementTree.ParseError:
        return []
    # What is played from a pack stands in a comment (`elements.play`).
    return [(said.text or "").strip() for said in root.iter() if said.tag == "Say" or callable(said.tag)]


@lru_cache(maxsize=1024)
def _pattern(template: str) -> tuple[re.Pattern[str], str]:
    try:
        pieces = parse(template)
    except SpeechError:
        pieces = (template,)
    gaps = [isinstance(piece, Placeholder) for piece in pieces]
    pattern = "".join(
        ".+?" if is_gap else re.escape(str(piece)) for piece, is_gap in zip(pieces, gaps, strict=True)
    )
    text = "".join(_UNKNOWN if is_gap else str(piece) for piece, is_gap in zip(pieces, gaps, strict=True))
    return re.compile(pattern.strip(), re.DOTALL), text
