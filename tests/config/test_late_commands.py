"""Commands that come late: each is there, each is told of in the help, and none loads what only another needs."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from config.late_commands import LateCommands, run
from wsgi import pult

# What only some commands need: a restarted worker must ring the phone within two seconds.
HEAVY = ("alembic", "flask", "gunicorn", "ivr.exchange", "flows.checks", "openpyxl", "rich", "waitress")


def test_composing_loads_nothing_that_only_some_commands_need() -> None:
    code = "import sys, wsgi; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_a_worker_loads_nothing_of_the_pages() -> None:
    code = """
import click, sys, wsgi
wsgi.pult.get_command(click.Context(wsgi.pult), "serve")
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""
    pages = ("flask", "authlib", "argon2", "babel", "ivr.exchange", "flows.checks", "alembic")
    found = subprocess.run([sys.executable, "-c", code, *pages], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


@pytest.mark.parametrize("name", pult.list_commands(click.Context(pult)))
def test_every_command_tells_what_it_does(name: str) -> None:
    result = CliRunner().invoke(pult, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) > 4


def test_a_command_is_loaded_when_it_is_asked_for_and_once() -> None:
    loaded: list[str] = []

    @click.group(cls=LateCommands)
    def group() -> None:
        """A group."""

    @group.late("one", "two")
    def load() -> list[click.Command]:
        loaded.append("both")
        return [click.Command("one", callback=lambda: None), click.Command("two", callback=lambda: None)]

    @group.late("broken")
    def fail() -> list[click.Command]:
        raise AssertionError("nobody asked for it")

    for name in ("one", "one", "two"):
        assert CliRunner().invoke(group, [name]).exit_code == 0
    assert set(loaded) == {"both"}
    assert CliRunner().invoke(group, ["three"]).exit_code == 2


def test_a_told_error_is_one_line_and_another_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(error: Exception) -> click.Command:
        def callback() -> None:
            raise error

        return click.Command("fail", callback=callback)

    sys_argv, sys.argv = sys.argv, ["pult"]
    try:
        with pytest.raises(SystemExit) as ended:
            run(fail(KeyError("told")), lambda: [KeyError])
        with pytest.raises(ValueError, match="a bug"):
            run(fail(ValueError("a bug")), lambda: [KeyError])
    finally:
        sys.argv = sys_argv
    assert ended.value.code == 1
    assert capsys.readouterr().err == "pult: 'told'\n"
