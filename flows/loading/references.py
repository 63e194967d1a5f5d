"""What flows say about each other and about prompts, actions and words from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.errors import Finding
from flows.flow import Flow, PromptText
from flows.vocabulary import Vocabularies


def reference_findings(
    flows: Mapping[str, Flow], prompts: Mapping[str, PromptText], vocabularies: Vocabularies
) -> Iterator[Finding]:
    """Everything that does not fit together."""
    return iter(())
