"""Sources to flows and prompts: parsed, held against the schema, built, and checked against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from flows.errors import Finding, FlowsRefusedError
from flows.flow import Flow, FlowKind, PromptText
from flows.loading.document import Document, read_document
from flows.loading.references import reference_findings
from flows.loading.schema import violations
from flows.nodes import NODE_TYPES, TYPES, Node
from flows.speech import PromptError, SpeechError, check_template, placeholders
from flows.vocabulary import Vocabularies

# What a prompt says of itself beside its texts.
_NO_LANGUAGES: Final = frozenset({"spoken_in", "announces_recording"})


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file holds: a flow, prompts, and what is wrong with it by itself."""

    flow: Flow | None
    prompts: tuple[PromptText, ...]
    findings: tuple[Finding, ...]


def read(sources: Mapping[str, str], vocabularies: Vocabularies) -> tuple[dict[str, Flow], dict[str, PromptText]]:
    """Flows and prompts by name. Raises FlowsRefusedError with everything that is wrong."""
    parts = [_read_file(file, text) for file, text in sorted(sources.items())]
    findings = [finding for part in parts for finding in part.findings]
    flows: dict[str, Flow] = {}
    prompts: dict[str, PromptText] = {}
    for part in parts:
        findings += _keep(part, flows, prompts)
    if not findings:
        findings = reference_findings(flows, prompts, vocabularies)
    if findings:
        raise FlowsRefusedError(findings)
    return flows, prompts


def _keep(part: _Part, flows: dict[str, Flow], prompts: dict[str, PromptText]) -> Iterator[Finding]:
    """Put a file's flow and prompts with the others, each name once."""
    if part.flow is not None and flows.setdefault(part.flow.name, part.flow) is not part.flow:
        other = flows[part.flow.name].file
        yield Finding(part.flow.file, 0, ("flow",), f"a flow '{part.flow.name}' is in {other} too")
    for prompt in part.prompts:
        kept = prompts.setdefault(prompt.id, prompt)
        if kept is not prompt:
            yield Finding(prompt.file, prompt.line, (prompt.id,), f"is in {kept.file}:{kept.line} too")


# Reading a version anew after one file has changed costs that file only.
@lru_cache(maxsize=256)
def _read_file(file: str, text: str) -> _Part:
    document = read_document(file, text)
    flow: Flow | None = None
    prompts: tuple[PromptText, ...] = ()
    if document.value is not None and is_prompts(file):
        prompts = tuple(_read_prompts(document))
    elif document.value is not None:
        flow = _read_flow(document)
    return _Part(flow, prompts, tuple(document.findings))


def is_prompts(file: str) -> bool:
    """Whether a source holds prompts: it lies in a folder of that name."""
    return "prompts" in file.split("/")[:-1]


# --- flows -------------------------------------------------------------------------------------


def _read_flow(document: Document) -> Flow | None:
    value = document.value
    for path, message in violations("flow", value):
        document.report(path, message)
    if not isinstance(value, dict) or not isinstance(value.get("nodes"), dict):
        return None
    nodes = {name: _read_node(document, name, spec) for name, spec in value["nodes"].items()}
    if document.findings:
        return None
    stem = document.file.rpartition("/")[2].removesuffix(".yaml")
    if value["flow"] != stem:
        document.report(("flow",), f"must be named as its file, '{stem}'")
    return _build(document, value, {name: node for name, node in nodes.items() if node is not None})


def _build(document: Document, value: Mapping[str, Any], nodes: Mapping[str, Node]) -> Flow:
    return Flow(
        name=value["flow"],
        title=value["title"],
        kind=FlowKind(value["kind"]),
        languages=tuple(value["languages"]),
        start=value["start"],
        nodes=nodes,
        emergency=value.get("emergency", ""),
        operator=value.get("operator", ""),
        results=tuple(value.get("results", ())),
        file=document.file,
        positions=document.positions,
    )


def _read_node(document: Document, name: str, spec: Any) -> Node | None:
    at = ("nodes", name)
    words = list(spec) if isinstance(spec, dict) else []
    type_ = next((type_ for type_ in TYPES if type_.type in words), None)
    if type_ is None:
        document.report(at, f"no node type here: one of {', '.join(NODE_TYPES)}")
        return None
    wrong = list(violations(type_.type, spec))
    for path, message in wrong:
        document.report((*at, *path), message)
    return None if wrong else type_.parse(name, spec)


# --- prompts -----------------------------------------------------------------------------------


def _read_prompts(document: Document) -> Iterator[PromptText]:
    for path, message in violations("prompts", document.value):
        document.report(path, message)
    if document.findings:
        return
    for id_, spec in document.value.items():
        texts = {language: text for language, text in spec.items() if language not in _NO_LANGUAGES}
        needs = {name for language, text in texts.items() for name in _needs(document, id_, language, text)}
        spoken_in = spec.get("spoken_in", "")
        if isinstance(spoken_in, str) and spoken_in:
            spoken_in = spoken_in.removeprefix("$")
            needs.add(spoken_in)
        place = document.file, document.positions[(id_,)]
        yield PromptText(id_, texts, tuple(sorted(needs)), *place, spoken_in, spec.get("announces_recording", False))


def _needs(document: Document, id_: str, language: str, text: str) -> list[str]:
    try:
        check_template(text, language=language)
        return [placeholder.name for placeholder in placeholders(text)]
    except (PromptError, SpeechError) as error:
        document.report((id_, language), str(error))
        return []
