"""Transcripts as data: YAML files of calls in prose, compared line by line with the engine, and refreshed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flows.errors import Finding, FlowsRefusedError
from flows.library import SHIPPED, FlowSet
from flows.loading.document import Document, read_document
from flows.loading.schema import violations
from flows.replay import Answer, Played, Script, play, pressed_in

FOLDER = SHIPPED / "transcripts"


@dataclass(frozen=True, slots=True)
class Transcript:
    """One call as written: its script, the lines that were reviewed as prose, and the outcome it ends with.

    Lines: `< heard`, `> pressed` (also `(silence)`, `(hangs up)`, `(waits 60 s, 2 ahead, 300 s left)`, `(stays)`),
    `= what the service answered`.
    """

    name: str
    script: Script
    lines: tuple[str, ...]
    end: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that goes otherwise than it is written."""

    transcript: Transcript
    played: Played

    def __str__(self) -> str:
        told = self.transcript
        written = [*told.lines, f"end: {told.end}"]
        played = [*self.played.lines, f"end: {self.played.end}"]
        changes = [line for line in difflib.ndiff(written, played) if not line.startswith("? ")]
        return "\n".join([f"{told.file}:{told.line}: {told.name} (- written, + as it goes now)", *changes])


def read_transcripts(file: str, text: str) -> list[Transcript]:
    """The transcripts of one file. Raises FlowsRefusedError with every finding."""
    document = read_document(file, text)
    if document.value is not None:
        for path, message in violations("transcripts", document.value):
            document.report(path, message)
    if document.findings:
        raise FlowsRefusedError(document.findings)
    return [_transcript(document, index, spec) for index, spec in enumerate(document.value)]


def _transcript(document: Document, index: int, spec: Mapping[str, Any]) -> Transcript:
    lines = tuple(spec["lines"])
    answers = {name: tuple(_answers(given)) for name, given in spec.get("answers", {}).items()}
    script = Script(spec["flow"], spec["language"], tuple(pressed_in(lines)), answers, spec.get("variables", {}))
    line = document.positions[(f"[{index}]",)]
    return Transcript(spec["name"], script, lines, spec.get("end", ""), document.file, line)


def _answers(given: Any) -> Iterable[Answer]:
    for item in given if isinstance(given, list) else [given]:
        yield Answer(item) if isinstance(item, str) else Answer(item["result"], item.get("variables", {}))


def compare(flows: FlowSet, transcripts: Iterable[Transcript]) -> list[Difference]:
    """The transcripts that go otherwise now. Raises FlowsRefusedError where one names a flow that is not there."""
    transcripts = list(transcripts)
    unknown = [
        Finding(told.file, told.line, ("flow",), f"no line '{told.script.flow}'")
        for told in transcripts
        if told.script.flow not in flows.lines
    ]
    if unknown:
        raise FlowsRefusedError(unknown)
    calls = ((told, play(flows, told.script)) for told in transcripts)
    return [
        Difference(told, played) for told, played in calls if list(told.lines) != played.lines or told.end != played.end
    ]


def refreshed(text: str, differences: Iterable[Difference]) -> str:
    """A file's text with `lines` and `end` as calls go now; all else, comments included, stays as it was."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    items = {item.start_mark.line + 1: item for item in root.value} if root is not None else {}
    edits = [
        edit
        for difference in differences
        for edit in _edits(text, items[difference.transcript.line], difference.played)
    ]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _edits(text: str, item: yaml.MappingNode, played: Played) -> Iterable[tuple[int, int, str]]:
    values = {key.value: (key, value) for key, value in item.value}
    key, lines = values["lines"]
    indent = " " * key.start_mark.column
    new = "".join(f"\n{indent}  - {_quoted(line)}" for line in played.lines)
    after = values["end"][0] if "end" in values else None
    if after is not None and after.start_mark.index < lines.start_mark.index:
        yield _span(text, values["end"][1], played.end)
        after = None
    end = f"\n{indent}end: {played.end}"
    stop = values["end"][1].end_mark.index if after is not None else _stop(text, lines)
    yield key.end_mark.index + 1, stop, new + (end if after is not None or "end" not in values else "")


def _span(text: str, node: yaml.Node, new: str) -> tuple[int, int, str]:
    return node.start_mark.index, node.end_mark.index, new


def _stop(text: str, node: yaml.Node) -> int:
    """Where a value ends; a block sequence's mark lies after the blank lines and comments that follow it."""
    last = node.value[-1] if node.value and not getattr(node, "flow_style", False) else node
    return int(last.end_mark.index)


def _quoted(line: str) -> str:
    return json.dumps(line, ensure_ascii=False)


def files_in(folder: Path) -> list[Path]:
    """The transcript files of a folder, by name."""
    return sorted(folder.glob("*.yaml"))
