"""`pult account` and `pult agent add`: what an administrator types, and what it does."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.accounts.cli import account_command
from agents.accounts.demo import add_demo_accounts
from agents.terminal.agent_commands import commands_of
from tests.agents.staff.conftest import Site


def run(site: Site, *words: str, typed: str | None = None) -> Result:
    commands = [account_command(lambda: site.house.centre), *commands_of(lambda: site.house.floor)]
    command = next(one for one in commands if one.name == words[0])
    return CliRunner().invoke(command, list(words[1:]), input=typed)


def shown_password(result: Result) -> str:
    return re.search(r"the password is (\S+)", result.output)[1]


def test_a_fresh_password_is_shown_once_and_opens_the_account(site: Site) -> None:
    result = run(site, "account", "add", "olga", "--insurer", "vsk", "--role", "supervisor")
    assert result.exit_code == 0, result.output
    assert site.browser().sign_in("olga", shown_password(result)).status_code == 302


def test_a_typed_password_is_not_shown(site: Site) -> None:
    typed = "typed-password-1\ntyped-password-1\n"
    result = run(
        site, "account", "add", "olga", "--insurer", "vsk", "--role", "supervisor", "--ask-password", typed=typed
    )
    assert "typed-password-1" not in result.output
    assert site.browser().sign_in("olga", "typed-password-1").status_code == 302


def test_an_agent_gets_an_account_for_the_desk(site: Site) -> None:
    result = run(site, "agent", "add", "desk-7", "--insurer", "vsk", "--title", "оператор", "--supervisor")
    assert result.exit_code == 0, result.output
    browser = site.browser()
    browser.sign_in("desk-7", shown_password(result))
    assert browser.get("/desk").status_code == 200
    assert "desk-7" in run(site, "account", "list", "--insurer", "vsk").output
    assert re.search(r"desk-7 +agent, supervisor", run(site, "account", "list", "--insurer", "vsk").output)


def test_an_automatic_agent_and_one_without_account_get_none(site: Site) -> None:
    run(site, "agent", "add", "robot", "--insurer", "vsk", "--title", "эхо", "--automatic")
    run(site, "agent", "add", "phone", "--insurer", "vsk", "--title", "дежурный", "--no-account")
    listed = run(site, "account", "list", "--insurer", "vsk").output
    assert "robot" not in listed
    assert "phone" not in listed


def test_roles_passwords_and_locks_take_effect(site: Site) -> None:
    browser = site.signed_in("watcher")
    fresh = shown_password(run(site, "account", "password", "watcher"))
    assert browser.get("/account").status_code == 302
    assert browser.sign_in("watcher", fresh).status_code == 302
    run(site, "account", "lock", "watcher")
    assert browser.get("/account").status_code == 302
    assert "locked" in run(site, "account", "list", "--insurer", "vsk").output
    run(site, "account", "unlock", "watcher")
    run(site, "account", "role", "watcher", "supervisor", "--insurer", "vsk", "--take")
    browser.sign_in("watcher", fresh)
    assert browser.get("/account").status_code == 403
    assert {"set_password", "locked_account", "unlocked_account", "took_role"} <= set(site.audited())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "anna", "--insurer", "vsk", "--role", "supervisor"), "there is an account anna already"),
        (("add", "two words", "--insurer", "vsk", "--role", "supervisor"), "one word"),
        (("add", "ivan", "--insurer", "vsk", "--role", "agent"), "needs the code of its agent"),
        (("add", "ivan", "--insurer", "vsk", "--role", "agent", "--agent", "none"), "vsk has no agent none"),
        (("add", "ivan", "--insurer", "nowhere", "--role", "agent"), "no insurer 'nowhere'"),
        (("role", "anna", "administrator", "--insurer", "vsk", "--take"), "anna is no administrator at vsk"),
        (("lock", "nobody"), "there is no account nobody"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(site: Site, words: tuple[str, ...], why: str) -> None:
    result = run(site, "account", *words)
    assert result.exit_code != 0
    assert why in result.output
    assert "Traceback" not in result.output


def test_the_demos_password_is_made_here_kept_and_opens_every_agents_desk(site: Site) -> None:
    site.house.agent("desk-9", is_supervisor=True)
    password = add_demo_accounts(site.house.centre)
    assert add_demo_accounts(site.house.centre) == password
    file: Path = site.house.centre.settings.data_dir / "demo-password"
    assert file.stat().st_mode & 0o077 == 0
    browser = site.browser()
    browser.sign_in("desk-9", password)
    assert browser.get("/desk").status_code == 200
    file.unlink()
    other = add_demo_accounts(site.house.centre)
    assert other != password
    assert site.browser().sign_in("desk-9", other).status_code == 302
