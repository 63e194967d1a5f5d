"""YAML as an administrator wrote it: every value with its file, path and line, so that a finding can be addressed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

import yaml

from config.errors import LinesError

T = TypeVar("T")

# The parser in C, where it was built: ten times as fast.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Findings:
    """What is wrong so far, over all files; raised together, so that one run shows everything."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, place: str, what: str) -> None:
        """Note one finding at `place`, which is `file:line: path`."""
        self._found.append(f"{place}: {what}")

    def take(self, others: "Findings") -> None:
        """Add what others found."""
        self._found += others.lines

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found so far, each finding a line."""
        return tuple(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raise LinesError with every finding on a line of its own."""
        if self._found:
            raise LinesError("\n".join(self._found))


@dataclass(frozen=True)
class Written:
    """One value and where it stands. `value` is a scalar, a list of Written, or a dict of them."""

    file: str
    path: str
    line: int
    value: object

    @property
    def place(self) -> str:
        """`file:line: path`, as findings are addressed."""
        return f"{self.file}:{self.line}: {self.path}" if self.path else f"{self.file}:{self.line}"

    def plain(self) -> object:
        """The value as ordinary lists and dicts."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value


def read_written(path: Path, findings: Findings) -> Written | None:
    """The file's content with positions; None, with a finding, where it is not one YAML mapping."""
    try:
        return read_text(path.name, path.read_text(encoding="utf-8"), findings)
    except UnicodeDecodeError:
        findings.add(f"{path.name}:1", "not UTF-8 text")
        return None


def read_text(file: str, text: str, findings: Findings) -> Written | None:
    """The content of what is, or was, in the file of that name; None, with a finding, where it is not one mapping."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        findings.add(f"{file}:{line}", error.problem or "not YAML")
        return None
    except yaml.YAMLError:
        findings.add(f"{file}:1", "not YAML")
        return None
    if not isinstance(node, yaml.MappingNode):
        findings.add(f"{file}:1", "expected a mapping")
        return None
    return _Composer(file, findings).written(node, "")


class _Composer:
    """Turns YAML's nodes into Written values. Anchors are fine; a key twice is a finding."""

    def __init__(self, file: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._scalars = yaml.SafeLoader("")

    def written(self, node: yaml.Node, path: str) -> Written:
        return Written(self._file, path, node.start_mark.line + 1, self._value(node, path))

    def _value(self, node: yaml.Node, path: str) -> object:
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.written(child, f"{path}[{number}]") for number, child in enumerate(node.value)]
        return self._scalars.construct_object(node)

    def _pairs(self, node: yaml.MappingNode, path: str) -> Iterator[tuple[str, Written]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            address = join(path, key)
            if key in seen:
                self._findings.add(f"{self._file}:{key_node.start_mark.line + 1}: {address}", "written twice")
            seen.add(key)
            line = key_node.start_mark.line + 1
            yield key, Written(self._file, address, line, self._value(value_node, address))


def join(path: str, key: str) -> str:
    """The path one level down; keys that are no plain words stand in quotes."""
    shown = key if set(key) <= _PLAIN_KEY and not key.isdigit() else f'"{key}"'
    return f"{path}.{shown}" if path else shown


@dataclass
class Section:
    """A mapping being read key by key. What is missing or of the wrong kind becomes a finding and a stand-in value;
    `finish` makes findings of the keys that nobody asked for."""

    written: Written
    findings: Findings
    _asked: set[str] = field(default_factory=set)

    def add(self, key: str, what: str) -> None:
        """A finding about `key` of this section."""
        child = self._children.get(key)
        place = child.place if child else self._absent(key)
        self.findings.add(place, what)

    def has(self, key: str) -> bool:
        """Whether the key is written, and not empty."""
        self._asked.add(key)
        return self._child(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A text; a finding without one and without a default."""
        return self._of(key, str, "text", default, "")

    def optional_text(self, key: str) -> str | None:
        """A text or None."""
        return self.text(key) if self.has(key) else None

    def number(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number, `least` or more."""
        value = self._of(key, int, "a whole number", default, least)
        if value < least:
            self.add(key, f"must be {least} or more")
        return value

    def optional_number(self, key: str, *, least: int = 0) -> int | None:
        """A whole number or None."""
        return self.number(key, least=least) if self.has(key) else None

    def flag(self, key: str, *, default: bool) -> bool:
        """true or false."""
        return self._of(key, bool, "true or false", default, default)

    def day(self, key: str) -> date | None:
        """A date or None."""
        return self._of(key, date, "a date such as 2026-11-30", None, date.min) if self.has(key) else None

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        items = self.items(key, required=default is None)
        if not items and default is not None:
            return default
        return tuple(text for item in items if (text := self._text_of(item)) is not None)

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty where it is not written."""
        found = []
        for item in self.items(key, required=False):
            if type(item.value) is int:
                found.append(item.value)
            else:
                self.findings.add(item.place, "expected a whole number")
        return tuple(found)

    def items(self, key: str, *, required: bool) -> list[Written]:
        """The list's values as written."""
        child = self._child(key)
        if child is None:
            if required:
                self.findings.add(self._absent(key), "is missing")
            return []
        if not isinstance(child.value, list):
            self.findings.add(child.place, "expected a list")
            return []
        return child.value

    def section(self, key: str, *, required: bool = True) -> "Section | None":
        """A mapping below this one; None where it is not there."""
        child = self._child(key)
        if child is None:
            if required:
                self.findings.add(self._absent(key), "is missing")
            return None
        if not isinstance(child.value, dict):
            self.findings.add(child.place, "expected a mapping")
            return None
        return Section(child, self.findings)

    def each(self, key: str, read: Callable[[str, "Section"], T], *, required: bool = False) -> Mapping[str, T]:
        """A mapping of names to sections, each read by `read(name, section)` and finished."""
        outer = self.section(key, required=required)
        if outer is None:
            return {}
        found: dict[str, T] = {}
        for name in outer.names():
            inner = outer.section(name)
            if inner is not None:
                found[name] = read(name, inner)
                inner.finish()
        return found

    def raw(self, key: str) -> Written | None:
        """The value as written, whatever it is."""
        return self._child(key)

    def names(self) -> tuple[str, ...]:
        """The keys as written, in order."""
        return tuple(self._children)

    def finish(self) -> None:
        """Refuse the keys that were not asked for."""
        for key, child in self._children.items():
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.findings.add(child.place, f"unknown; known here: {known}")

    @property
    def _children(self) -> dict[str, Written]:
        return self.written.value if isinstance(self.written.value, dict) else {}

    def _child(self, key: str) -> Written | None:
        self._asked.add(key)
        child = self._children.get(key)
        return None if child is None or child.value is None else child

    def _absent(self, key: str) -> str:
        return f"{self.written.file}:{self.written.line}: {join(self.written.path, key)}"

    def _of(self, key: str, kind: type[T], called: str, default: T | None, stand_in: T) -> T:
        child = self._child(key)
        if child is None:
            if default is None:
                self.findings.add(self._absent(key), "is missing")
            return stand_in if default is None else default
        # Not isinstance: in Python true is an int, and 2026-11-30T10:00 a date.
        if type(child.value) is kind:
            return child.value
        self.findings.add(child.place, f"expected {called}")
        return stand_in

    def _text_of(self, item: Written) -> str | None:
        if isinstance(item.value, str):
            return item.value
        self.findings.add(item.place, "expected text; put digits in quotes")
        return None
