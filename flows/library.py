"""All flows and prompts of one version: read from YAML, named by a digest, stored and rebuilt with a call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from flows.flow import Flow, PromptText
from flows.loading import read
from flows.turn import Prompt
from flows.vocabulary import Vocabularies, Vocabulary

SHIPPED = Path(__file__).parent
FOLDERS = ("definitions", "prompts")


@dataclass(frozen=True)
class FlowSet:
    """Flows and prompts that were read together and fit together; immutable.

    `sources` is what they were read from, file name to text, and `digest` its sha256 in hex: a call
    stores the digest, and `from_sources` rebuilds an equal set. `plain` holds the prompts without
    variables, ready to say.
    """

    flows: Mapping[str, Flow]
    prompts: Mapping[str, PromptText]
    sources: Mapping[str, str] = field(repr=False)
    digest: str
    lines: Mapping[str, Flow] = field(init=False)
    plain: Mapping[str, Prompt] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = {name: flow for name, flow in self.flows.items() if flow.is_line}
        plain = {id_: Prompt(id_) for id_, prompt in self.prompts.items() if not prompt.needs}
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "plain", plain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlowSet) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def from_sources(cls, sources: Mapping[str, str], vocabulary: Vocabulary | Vocabularies | None = None) -> Self:
        """Read a set from file names (`definitions/vsk.yaml`, `prompts/vsk.yaml`) and their texts.

        Raises FlowsRefusedError with every finding at once.
        """
        flows, prompts = read(sources, Vocabularies.same(vocabulary))
        return cls(flows, prompts, dict(sources), digest_of(sources))

    @classmethod
    def from_folder(cls, folder: Path = SHIPPED, vocabulary: Vocabulary | Vocabularies | None = None) -> Self:
        """Read `definitions/*.yaml` and `prompts/*.yaml` of a folder, those of the package by default."""
        return cls.from_sources(sources_in(folder), vocabulary)


def sources_in(folder: Path) -> dict[str, str]:
    """The files of a folder that make up a set. Raises OSError or UnicodeDecodeError."""
    return {
        f"{name}/{path.name}": path.read_text("utf-8")
        for name in FOLDERS
        for path in sorted((folder / name).glob("*.yaml"))
    }


def digest_of(sources: Mapping[str, str]) -> str:
    """The sha256 of the sources, in hex; it changes with any name or text."""
    sha = hashlib.sha256()
    for file, text in sorted(sources.items()):
        for part in (file, text):
            data = part.encode()
            sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()
