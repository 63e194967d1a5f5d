"""One flow as loaded: a line's or a shared sub-flow, with its nodes and where each stands in its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flows.nodes.node import Node

Path = tuple[str, ...]


class FlowKind(StrEnum):
    """A line answers calls; a sub-flow is shared by lines and returns one of its results."""

    LINE = "line"
    SUBFLOW = "subflow"


@dataclass(frozen=True, slots=True)
class Flow:
    """A loaded flow. `emergency` and `operator` are nodes of a line flow, empty in a sub-flow.

    `file` and `positions` address findings: a YAML path to its line number.
    """

    name: str
    title: str
    kind: FlowKind
    languages: tuple[str, ...]
    start: str
    nodes: Mapping[str, Node]
    emergency: str = ""
    operator: str = ""
    results: tuple[str, ...] = ()
    file: str = ""
    positions: Mapping[Path, int] = field(default_factory=dict, repr=False)

    @property
    def is_line(self) -> bool:
        return self.kind is FlowKind.LINE


@dataclass(frozen=True, slots=True)
class PromptText:
    """One prompt in each language; `needs` are the variables that its texts speak.

    `spoken_in` names the language whose voice must read it where that is not the call's own: by the call's language, or
    the variable that holds it. One that `announces_recording` says that the call is recorded.
    """

    id: str
    texts: Mapping[str, str]
    needs: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    spoken_in: Mapping[str, str] | str = ""
    announces_recording: bool = False

    def voice_language(self, language: str, values: Mapping[str, object]) -> str:
        """The language to read it in, in a call in `language`; `values` are those of its variables."""
        if isinstance(self.spoken_in, str):
            return str(values.get(self.spoken_in) or language)
        return self.spoken_in.get(language, language)
