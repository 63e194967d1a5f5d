"""Sources to flows and prompts: parsed, held against the schema, built, and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.errors import Finding, FlowsRefusedError
from flows.flow import Flow, FlowKind, PromptText
from flows.loading.document import Document, read_document
from flows.loading.references import reference_findings
from flows.loading.schema import violations
from flows.nodes import NODE_TYPES, TYPES, Node
from flows.speech import PromptError, SpeechError, check_template, placeholders
from flows.vocabulary import Vocabularies


def read(sources: Mapping[str, str], vocabularies: Vocabularies) -> tuple[dict[str, Flow], dict[str, PromptText]]:
    """Flows and prompts by name. Raises FlowsRefusedError with everything that is wrong."""
    findings: list[Finding] = []
    flows: dict[str, Flow] = {}
    prompts: dict[str, PromptText] = {}
    for file, text in sorted(sources.items()):
        document = read_document(file, text)
        if document.value is not None:
            read_file = _read_prompts if is_prompts(file) else _read_flow
            read_file(document, flows, prompts)
        findings += document.findings
    if not findings:
        findings += reference_findings(flows, prompts, vocabularies)
    if findings:
        raise FlowsRefusedError(findings)
    return flows, prompts


def is_prompts(file: str) -> bool:
    """Whether a source holds prompts: it lies in a folder of that name."""
    return "prompts" in file.split("/")[:-1]


# --- flows -------------------------------------------------------------------------------------


def _read_flow(document: Document, flows: dict[str, Flow], prompts: dict[str, PromptText]) -> None:
    value = document.value
    for path, message in violations("flow", value):
        document.report(path, message)
    if not isinstance(value, dict) or not isinstance(value.get("nodes"), dict):
        return
    nodes = {name: _read_node(document, name, spec) for name, spec in value["nodes"].items()}
    if document.findings:
        return
    stem = document.file.rpartition("/")[2].removesuffix(".yaml")
    if value["flow"] != stem:
        document.report(("flow",), f"must be named as its file, '{stem}'")
    flow = _build(document, value, {name: node for name, node in nodes.items() if node is not None})
    if flow.name in flows:
        document.report(("flow",), f"a flow '{flow.name}' is in {flows[flow.name].file} too")
    flows[flow.name] = flow


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


def _read_prompts(document: Document, flows: dict[str, Flow], prompts: dict[str, PromptText]) -> None:
    for path, message in violations("prompts", document.value):
        document.report(path, message)
    if document.findings:
        return
    for id_, texts in document.value.items():
        if id_ in prompts:
            document.report((id_,), f"is in {prompts[id_].file}:{prompts[id_].line} too")
            continue
        needs = [name for language, text in texts.items() for name in _needs(document, id_, language, text)]
        line = document.positions[(id_,)]
        prompts[id_] = PromptText(id_, dict(texts), tuple(sorted(set(needs))), document.file, line)


def _needs(document: Document, id_: str, language: str, text: str) -> list[str]:
    try:
        check_template(text, language=language)
        return [placeholder.name for placeholder in placeholders(text)]
    except (PromptError, SpeechError) as error:
        document.report((id_, language), str(error))
        return []
