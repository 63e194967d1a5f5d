"""Finds the prompt that a heard text was made from, among those of one version of the flows."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from flows.flow import PromptText

_GAP: Final = re.compile(r"\{[^{}]*\}")


class PromptNames:
    """Prompts by the texts that they are heard as, in any language."""

    def __init__(self, prompts: Mapping[str, PromptText]) -> None:
        patterns = [
            (len(_GAP.sub("", text)), prompt_id, _pattern(text))
            for prompt_id, prompt in prompts.items()
            for text in prompt.texts.values()
        ]
        # The most text first: a prompt that is little more than a gap fits everything.
        self._patterns = [(name, found) for _, name, found in sorted(patterns, key=lambda entry: -entry[0])]

    def of(self, text: str, likely: Iterable[str] = ()) -> str | None:
        """The prompt's id, one of `likely` if such fits; None for a text that is no prompt."""
        fitting = [name for name, pattern in self._patterns if pattern.fullmatch(text)]
        return next((name for name in likely if name in fitting), fitting[0] if fitting else None)


def _pattern(template: str) -> re.Pattern[str]:
    parts = (re.escape(part.strip()) for part in _GAP.split(template))
    return re.compile(r"\s*.+?\s*".join(parts).strip(), re.DOTALL)
