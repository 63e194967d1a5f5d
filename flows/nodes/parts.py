"""What nodes are made of: their words, and the edges, prompts and keys that are written in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Words = Mapping[str, str]
Spec = Mapping[str, Any]


class Exit(NamedTuple):
    """One edge: where in the node it is written, and the node of the same flow that it leads to."""

    at: tuple[str, ...]
    to: str


class Said(NamedTuple):
    """One prompt of a node and where in the node it is written."""

    at: tuple[str, ...]
    id: str


class Key(NamedTuple):
    """Where a key leads, and in words why one presses it."""

    to: str
    why: Words


def listed(at: str, ids: tuple[str, ...]) -> tuple[Said, ...]:
    """The prompts of one list, addressed."""
    return tuple(Said((at, f"[{index}]"), id_) for index, id_ in enumerate(ids))
