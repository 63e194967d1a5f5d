"""Why the caller rings: the words of the choices made in menus, for the agent's screen."""

from __future__ import annotations

from flows.flow import Flow
from flows.library import FlowSet
from flows.session import Choice, Session

ARROW = " → "


def why(flows: FlowSet, session: Session, language: str) -> str:
    """The caller's choices in words, as `second opinion → psychologist`; empty if none was made."""
    return path_in_words(flows, session.path, flows.flows[session.line], language)


def path_in_words(flows: FlowSet, path: tuple[Choice, ...], line: Flow, language: str) -> str:
    """The words of some choices, each once, in a language of the line."""
    words = (_words(flows, choice, line, language) for choice in path)
    return ARROW.join(dict.fromkeys(word for word in words if word))


def _words(flows: FlowSet, choice: Choice, line: Flow, language: str) -> str:
    """The key's own words, else its target's; in the line's first language where this one is missing."""
    flow = flows.flows[choice.flow]
    key = flow.nodes[choice.node].key(choice.key)
    if key is None:
        return ""
    target = flow.nodes.get(key.to)
    words = key.why or (target.why if target is not None else {})
    return words.get(language) or words.get(line.languages[0], "")
