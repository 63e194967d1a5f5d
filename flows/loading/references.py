"""What must fit together before flows are used: edges, sub-flows, prompts, variables, actions and outside words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flows.errors import Finding
from flows.flow import Flow, PromptText
from flows.loading.announced import announced_findings
from flows.loading.calls import call_findings
from flows.loading.edges import edge_findings
from flows.loading.house import House
from flows.loading.spoken_keys import spoken_key_findings
from flows.loading.spoken_prompts import prompt_findings
from flows.loading.variables import variable_findings
from flows.loading.words import word_findings
from flows.vocabulary import Vocabularies

CHECKS: tuple[Callable[[House], Iterator[Finding]], ...] = (
    edge_findings,
    call_findings,
    word_findings,
    prompt_findings,
    spoken_key_findings,
    variable_findings,
    announced_findings,
)


def reference_findings(
    flows: Mapping[str, Flow], prompts: Mapping[str, PromptText], vocabularies: Vocabularies
) -> list[Finding]:
    """Everything that does not fit together, each thing once."""
    house = House(flows, prompts, vocabularies)
    return sorted({finding for check in CHECKS for finding in check(house)})
