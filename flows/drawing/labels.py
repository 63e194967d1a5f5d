"""What a picture says of a node and of its edges, in Russian or in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.flow import Flow, PromptText
from flows.nodes import NODE_TYPES, Branch, Call, Digits, Do, End, Menu, Node, Queue, Record, Transfer
from flows.nodes import Set as SetNode

_TYPES: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "say": "говорим",
        "menu": "меню",
        "digits": "набор",
        "set": "запоминаем",
        "branch": "развилка",
        "do": "действие",
        "call": "подсхема",
        "queue": "очередь",
        "transfer": "перевод",
        "record": "запись",
        "end": "конец",
    },
    "en": {type_: type_ for type_ in NODE_TYPES},
}
_EDGES: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "noinput": "тишина",
        "nomatch": "не та клавиша",
        "otherwise": "иначе",
        "failed": "сбой",
        "next": "",
        "served": "ответили",
        "closed": "закрыто",
        "full": "полна",
        "timed_out": "ждали слишком долго",
        "completed": "поговорили",
        "busy": "занято",
        "no_answer": "нет ответа",
        "recorded": "записано",
        "empty": "пусто",
    },
    "en": {"noinput": "silence", "nomatch": "wrong key", "next": ""},
}

Told = Callable[[str], str]
"""What a page calls a result, a key or a silence, by its code."""

_GAP = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Line:
    """All edges from one node to another, under one label."""

    source: str
    target: str
    label: str


def heading(node: Node, language: str) -> str:
    """The type of a node and what it is about, as `очередь · medical_desk`."""
    type_ = _TYPES.get(language, _TYPES["en"])[node.type]
    subject = _subject(node)
    return f"{type_} · {subject}" if subject else type_


def _subject(node: Node) -> str:
    match node:
        case Digits():
            return f"{node.store}, {node.min}–{node.max}" if node.min != node.max else f"{node.store}, {node.min}"
        case SetNode():
            return ", ".join(f"{name} = {value}" for name, value in node.values.items())
        case Branch():
            return node.variable
        case Do():
            return node.action
        case Call():
            return node.flow
        case Queue():
            return node.queue
        case Transfer():
            return node.destination
        case Record():
            return f"{node.max_seconds} с"
        case End():
            return node.outcome
        case _:
            return ""


def words(node: Node, prompts: Mapping[str, PromptText], language: str) -> str:
    """What the node is for, in words: its own, or else the first that it says, with dots for what is filled in."""
    if own := node.why.get(language):
        return own
    said = node.speech()
    prompt = prompts.get(said[0].id) if said and (not isinstance(node, Menu) or not node.why) else None
    return _GAP.sub("…", prompt.texts.get(language, "")) if prompt is not None else ""


def lines(flow: Flow, language: str, told: Told | None = None) -> list[Line]:
    """The edges of a flow, those between the same two nodes joined; ways into the line's own nodes are left out.

    Results are `told` by whoever has more words for them than there are here.
    """
    joined: dict[tuple[str, str], list[str]] = {}
    for node in flow.nodes.values():
        for exit_ in node.exits():
            if exit_.to in flow.nodes:
                joined.setdefault((node.name, exit_.to), []).append(_label(exit_.at, language, told))
    return [
        Line(source, target, ", ".join(dict.fromkeys(filter(None, labels))))
        for (source, target), labels in joined.items()
    ]


def _label(at: tuple[str, ...], language: str, told: Told | None) -> str:
    word = at[0] if at[0] in ("noinput", "nomatch", "otherwise", "next") else at[-1]
    if told is not None and word != "next":
        return told(word)
    return _EDGES.get(language, _EDGES["en"]).get(word, word)
