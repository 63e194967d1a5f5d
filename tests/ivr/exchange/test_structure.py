"""The exchange is a program of its own (DESIGN.md, The carrier)."""

from __future__ import annotations

import ast
from pathlib import Path

import ivr.exchange

ALLOWED = {"flask", "requests", "urllib3", "waitress", "werkzeug", "aiohttp", "cryptography", "jwt"}
# Parts for sound, without which its calls are text; audioop is the standard library's until Python 3.13.
SOUND = {"aiortc", "audioop", "av", "espeakng_loader"}
# What both sides of a call share, and what imports neither: the scripts of telephones, and the sound of one.
SHARED = {"ivr.softphone", "ivr.telephone_sound"}


def test_exchange_imports_nothing_of_the_rest() -> None:
    import sys

    foreign = set()
    for path in Path(ivr.exchange.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                root = name.split(".")[0]
                is_own = any(name == one or name.startswith(f"{one}.") for one in ("ivr.exchange", *SHARED))
                if not is_own and root not in sys.stdlib_module_names and root not in ALLOWED | SOUND:
                    foreign.add(f"{path.name}: {name}")
    assert not foreign
