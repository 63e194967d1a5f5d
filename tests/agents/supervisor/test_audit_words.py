"""Every action that the code ever audits has words on the audit's page: found in the sources, call by call."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from agents.offering.ears import Ear
from agents.supervisor.audit.words import ACTIONS
from config.audit import audit

HERE = Path(__file__).resolve().parents[3]
PACKAGES = ("agents", "config", "ivr", "recordings")
PARTS = {"ear": [str(one) for one in Ear]}
"""What stands in an action that is put together, by the name of the part."""


@dataclass(frozen=True)
class Source:
    """A module that may audit: as text and as it is."""

    tree: ast.Module
    module: ModuleType

    def functions_around(self, node: ast.AST) -> list[ast.FunctionDef]:
        """Those that the node stands in, the innermost first."""
        inside = [
            one
            for one in ast.walk(self.tree)
            if isinstance(one, ast.FunctionDef) and one.lineno <= node.lineno <= one.end_lineno
        ]
        return sorted(inside, key=lambda one: -one.lineno)

    def calls(self) -> Iterator[ast.Call]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def called(self, call: ast.Call) -> object:
        """What is called, if it is something of a module's."""
        match call.func:
            case ast.Name(id=name):
                return vars(self.module).get(name)
            case ast.Attribute(value=ast.Name(id=base), attr=name):
                of = vars(self.module).get(base)
                return getattr(of, name, None) if isinstance(of, ModuleType) else None
        return None


@cache
def sources() -> list[Source]:
    paths = [path for package in PACKAGES for path in sorted((HERE / package).rglob("*.py"))]
    found = []
    for path in paths:
        text, name = path.read_text(), ".".join(path.relative_to(HERE).with_suffix("").parts)
        if ("audit" in text or "action" in text) and not {"exchange", "migrations"} & set(path.parts):
            found.append(Source(ast.parse(text), importlib.import_module(name.removesuffix(".__init__"))))
    return found


def actions_of(source: Source, value: ast.expr) -> Iterator[str]:
    """All that the expression may be."""
    match value:
        case ast.Constant(value=str() as action):
            yield action
        case ast.IfExp(body=one, orelse=other):
            yield from actions_of(source, one)
            yield from actions_of(source, other)
        case ast.JoinedStr(values=[ast.Constant(value=begins), ast.FormattedValue(value=ast.Name(id=name))]):
            yield from (f"{begins}{part}" for part in PARTS[name])
        case ast.Subscript(value=table):
            yield from dict(eval(ast.unparse(table), vars(source.module))).values()
        case ast.Name(id=name):
            yield from of_name(source, value, name)
        case _:
            pytest.fail(f"{source.module.__name__}:{value.lineno}: what may {ast.unparse(value)} be?")


def of_name(source: Source, value: ast.expr, name: str) -> Iterator[str]:
    for function in source.functions_around(value):
        parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        if name in [one.arg for one in parameters]:
            yield from given_to(source, function, name)
            return
    action = getattr(source.module, name, None)
    assert isinstance(action, str), f"{source.module.__name__}:{value.lineno}: what may {name} be?"
    yield action


def given_to(source: Source, function: ast.FunctionDef, name: str) -> Iterator[str]:
    """What the function is called with for that parameter, wherever it is called, and what it is without."""
    args = function.args
    place = next((at for at, one in enumerate(args.args) if one.arg == name), None)
    defaults = dict(zip([one.arg for one in reversed(args.args)], reversed(args.defaults), strict=False))
    defaults |= {one.arg: value for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value}
    if name in defaults:
        yield from actions_of(source, defaults[name])
    is_method = bool(args.args) and args.args[0].arg == "self"
    own = getattr(source.module, function.name, None)
    for other in sources():
        for call in other.calls():
            is_own = other is source and getattr(call.func, "id", getattr(call.func, "attr", "")) == function.name
            if is_own or (own is not None and other.called(call) is own):
                by_name = [one.value for one in call.keywords if one.arg == name]
                at = None if place is None else place - is_method
                by_place = [] if at is None or at >= len(call.args) else [call.args[at]]
                for value in (*by_name, *by_place):
                    yield from actions_of(other, value)


def audited() -> Iterator[tuple[str, str]]:
    """Every action, and the module that audits it."""
    for source in sources():
        for call in source.calls():
            if source.called(call) is audit:
                (value,) = [one.value for one in call.keywords if one.arg == "action"]
                for action in actions_of(source, value):
                    yield action, source.module.__name__


def test_every_action_that_is_ever_audited_has_words() -> None:
    found = dict(audited())
    # What comes by a constant, a parameter, a choice, a table and in parts is found.
    assert {"played_recording", "held_recordings", "unlocked_account", "journal_exported", "ended_barge"} <= set(found)
    assert len(found) > 80
    assert {action: module for action, module in found.items() if action not in ACTIONS} == {}
