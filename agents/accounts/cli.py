"""`pult account`: who may sign in to the pages; a fresh password is shown once, or typed at the terminal."""

from collections.abc import Callable

import click

from agents.accounts import looking_after
from agents.accounts.errors import AccountError
from agents.accounts.models import Role
from agents.accounts.passwords import SHORTEST, fresh_password
from config.centre import Centre
from config.terminal import addressed, known_insurer, operator

_INSURER = click.option("--insurer", required=True, help="For which insurer: vsk, soglasie, rgs, oms, maks.")
_AGENT = click.option("--agent", "agent_code", default=None, help="The code of the agent whose calls they take.")
_ROLE = click.Choice([str(role) for role in Role])
ASK_OPTION = click.option("--ask-password", is_flag=True, help="Type the password; else a fresh one is shown once.")


def account_command(make_centre: Callable[[], Centre]) -> click.Group:
    """The group, for `pult` to mount; `make_centre` composes the centre once a command really runs."""

    @click.group(cls=addressed(AccountError))
    def account() -> None:
        """Who may sign in to the pages, and as what."""

    for add in (_add_making, _add_roles, _add_keys):
        add(account, make_centre)
    return account


def chosen_password(*, ask: bool) -> str:
    """What was typed twice, or a fresh password."""
    if not ask:
        return fresh_password()
    password: str = click.prompt(f"Password, at least {SHORTEST} characters", hide_input=True, confirmation_prompt=True)
    return password


def show_password(name: str, password: str, *, was_asked: bool) -> None:
    """Tell a fresh password, once: it is kept nowhere but as a hash."""
    if not was_asked:
        click.echo(f"{name}: the password is {password} (shown once; to be changed under 'My account')")


def _add_making(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command()
    @_INSURER
    @click.argument("name")
    @click.option("--role", type=_ROLE, required=True)
    @_AGENT
    @ASK_OPTION
    @click.option("--no-password", is_flag=True, help="Only single sign-on opens it.")
    def add(insurer: str, name: str, role: str, agent_code: str | None, ask_password: bool, no_password: bool) -> None:
        """Make an account with one role."""
        centre = known_insurer(make_centre(), insurer)
        password = None if no_password else chosen_password(ask=ask_password)
        looking_after.add_account(
            centre,
            insurer_id=insurer,
            name=name,
            role=Role(role),
            password=password,
            by=operator(),
            agent_code=agent_code,
        )
        click.echo(f"{name} added as {role} of {insurer}")
        if password is not None:
            show_password(name, password, was_asked=ask_password)

    @group.command("list")
    @_INSURER
    def list_accounts(insurer: str) -> None:
        """Show the accounts of an insurer."""
        centre = known_insurer(make_centre(), insurer)
        with centre.database.reading("list_accounts") as tx:
            lines = looking_after.accounts_at(tx, insurer)
        for line in lines:
            marks = [*(["locked"] if line.is_locked else []), *([] if line.has_password else ["single sign-on only"])]
            click.echo(f"{line.name:<24} {', '.join(line.roles):<36} {', '.join(marks)}".rstrip())


def _add_roles(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command()
    @_INSURER
    @click.argument("name")
    @click.argument("role", type=_ROLE)
    @_AGENT
    @click.option("--take", is_flag=True, help="Take the role away.")
    def role(insurer: str, name: str, role: str, agent_code: str | None, take: bool) -> None:
        """Give an account a role at an insurer, or take it away."""
        centre, by = known_insurer(make_centre(), insurer), operator()
        if take:
            looking_after.take_role(centre, insurer_id=insurer, name=name, role=Role(role), by=by)
        else:
            looking_after.give_role(
                centre, insurer_id=insurer, name=name, role=Role(role), by=by, agent_code=agent_code
            )
        click.echo(f"{name} is {'no longer ' if take else ''}{role} of {insurer}")


def _add_keys(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command()
    @click.argument("name")
    @ASK_OPTION
    def password(name: str, ask_password: bool) -> None:
        """Give an account another password; it is signed out everywhere."""
        chosen = chosen_password(ask=ask_password)
        looking_after.set_password(make_centre(), name=name, password=chosen, by=operator())
        click.echo(f"{name} has another password and is signed out everywhere")
        show_password(name, chosen, was_asked=ask_password)

    @group.command()
    @click.argument("name")
    def lock(name: str) -> None:
        """Let nobody sign in by an account, and sign it out everywhere."""
        looking_after.set_locked(make_centre(), name=name, is_locked=True, by=operator())
        click.echo(f"{name} is locked")

    @group.command()
    @click.argument("name")
    def unlock(name: str) -> None:
        """Let an account sign in again."""
        looking_after.set_locked(make_centre(), name=name, is_locked=False, by=operator())
        click.echo(f"{name} may sign in again")
