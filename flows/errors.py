"""What can be wrong with flows, each finding addressed by file, line and YAML path.

FlowError
└── FlowsRefusedError    sources that cannot be used, with every finding at once
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str, ...]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong; as text `vsk.yaml:41: nodes.main.keys."5": no node 'bonus'`."""

    file: str
    line: int
    path: Path
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {dotted(self.path)}: {self.message}" if self.path else f"{place}: {self.message}"


def dotted(path: Path) -> str:
    """A YAML path in words: list positions in brackets, what is no plain word in quotes."""
    text = ""
    for part in path:
        if part.startswith("["):
            text += part
        else:
            text += ("." if text else "") + (part if _PLAIN.fullmatch(part) else f'"{part}"')
    return text


class FlowError(Exception):
    """Anything wrong with flows."""


class FlowsRefusedError(FlowError):
    """Sources that cannot be used; `findings` holds all that is wrong, in order of file and line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))
