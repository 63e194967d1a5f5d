"""One YAML file as plain values, each with its line, every trouble collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from flows.errors import Finding, Path

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS: Mapping[str, Callable[[str], str | int | bool | None]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": lambda text: int(text, 0),
    "tag:yaml.org,2002:bool": lambda text: text.lower() in ("true", "yes", "on"),
    "tag:yaml.org,2002:null": lambda text: None,
}


@dataclass(slots=True)
class Document:
    """A file's value and where each part of it stands; keys are always text, as written."""

    file: str
    value: Any = None
    positions: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def report(self, path: Path, message: str) -> None:
        """Note something wrong at a path, on the line of the nearest part that is there."""
        self.findings.append(Finding(self.file, line_of(self.positions, path), path, message))


def line_of(positions: Mapping[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest part around it; 0 where nothing is known."""
    while path not in positions:
        if not path:
            return 0
        path = path[:-1]
    return positions[path]


def read_document(file: str, text: str) -> Document:
    """Parse one file; what cannot be read is in `findings`, the rest still in `value`."""
    document = Document(file)
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        document.findings.append(Finding(file, line, (), f"not YAML: {_problem(error)}"))
        return document
    if root is None:
        document.findings.append(Finding(file, 0, (), "the file is empty"))
        return document
    document.value = _value(document, root, (), frozenset())
    return document


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).replace("\n", " ")


def _value(document: Document, node: yaml.Node, path: Path, around: frozenset[int]) -> Any:
    document.positions.setdefault(path, node.start_mark.line + 1)
    if id(node) in around:
        document.report(path, "an alias that contains itself")
        return None
    inside = around | {id(node)}
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, path, inside)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*path, f"[{i}]"), inside) for i, item in enumerate(node.value)]
    return _scalar(document, node, path)


def _mapping(document: Document, node: yaml.MappingNode, path: Path, around: frozenset[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        here = (*path, name)
        if not name or name == "<<":
            document.report(path, "a key must be a plain word" if not name else "merge keys are not supported")
        elif name in result:
            first = document.positions[here]
            document.findings.append(
                Finding(document.file, key.start_mark.line + 1, here, f"written twice, first on line {first}")
            )
        else:
            document.positions[here] = key.start_mark.line + 1
            result[name] = _value(document, value, here, around)
    return result


def _scalar(document: Document, node: yaml.Node, path: Path) -> str | int | bool | None:
    read = _SCALARS.get(node.tag)
    if read is None:
        kind = node.tag.rpartition(":")[2]
        document.report(path, f"'{node.value}' is read as a {kind}; put it in quotes if it is text")
        return str(node.value)
    try:
        return read(node.value)
    except ValueError:
        return str(node.value)
