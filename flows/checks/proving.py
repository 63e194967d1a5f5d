"""All proofs together: explore each line, hold every proof against it, gather what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flows.checks.emergencies import emergency_findings
from flows.checks.endings import dead_end_findings, endless_findings, runaway_findings
from flows.checks.exploring import Exploration, explore
from flows.checks.keys import key_findings
from flows.checks.lengths import length_findings
from flows.checks.menus import menu_findings
from flows.checks.telling import telling_findings
from flows.checks.visits import unvisited_findings
from flows.errors import Finding, FlowsRefusedError
from flows.library import FlowSet
from flows.vocabulary import Vocabularies, Vocabulary

PROOFS: tuple[Callable[[Exploration], Iterator[Finding]], ...] = (
    runaway_findings,
    dead_end_findings,
    endless_findings,
    emergency_findings,
    menu_findings,
    key_findings,
    telling_findings,
)


def check(sources: Mapping[str, str], vocabulary: Vocabulary | Vocabularies | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with some sources; empty when they may go live."""
    try:
        return prove(FlowSet.from_sources(sources, vocabulary))
    except FlowsRefusedError as refused:
        return refused.findings


def prove(flows: FlowSet) -> tuple[Finding, ...]:
    """What fails of the proofs on flows that were read, in order of file and line."""
    explorations = [explore(flows, line) for line in flows.lines.values()]
    findings = {finding for exploration in explorations for proof in PROOFS for finding in proof(exploration)}
    findings.update(unvisited_findings(flows, explorations))
    findings.update(length_findings(flows))
    return tuple(sorted(findings))
