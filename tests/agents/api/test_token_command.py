"""`pult token`: made and shown once, listed, revoked; what is wrong is said in one line."""

import re

from click.testing import CliRunner

from agents.api.cli import token_command
from tests.agents.api.conftest import Api


def command(api: Api, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(token_command(lambda: api.house.centre), list(words))
    assert result.exit_code == status, result.output
    return result.output


def test_tokens_are_looked_after_from_the_command_line(api: Api) -> None:
    told = command(api, "add", "bi", "--insurer", "vsk", "--scope", "calls:read", "--scope", "presence:read")
    token = re.search(r"pult_\S+", told)[0]
    assert api.ask(token, "/calls").status_code == 200
    assert api.ask(token, "/requests").status_code == 403
    listed = command(api, "list", "--insurer", "vsk")
    assert "bi " in listed
    assert "until 2027-11-24" in listed
    assert "calls:read presence:read" in listed
    assert token not in listed
    assert "already" in command(api, "add", "bi", "--insurer", "vsk", "--scope", "calls:read", status=1)
    command(api, "revoke", "bi", "--insurer", "vsk")
    assert api.ask(token, "/calls").status_code == 401
    assert "no token bi" in command(api, "revoke", "bi", "--insurer", "vsk", status=1)
    assert command(api, "list", "--insurer", "vsk") == ""
    assert "one word" in command(api, "add", "two words", "--insurer", "vsk", "--scope", "calls:read", status=1)
    command(api, "add", "x", "--insurer", "nobody", "--scope", "calls:read", status=2)
    command(api, "add", "x", "--insurer", "vsk", "--scope", "everything", status=2)
    assert "medical secret" in command(api, "add", "--help")
