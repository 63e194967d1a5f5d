"""`pult token`: which systems may ask the API, and for what; a token is shown once."""

from collections.abc import Callable
from datetime import timedelta

import click

from agents.api.errors import TokenError
from agents.api.tokens import add_token, revoke_token, tokens_of
from agents.scopes import MEANINGS, Scope
from config.centre import Centre
from config.terminal import addressed, known_insurer, operator

_INSURER = click.option("--insurer", required=True, help="Of which insurer: vsk, soglasie, rgs, oms, maks.")
_SCOPES = "\b\nScopes:\n" + "\n".join(f"  {scope}: {meaning}" for scope, meaning in MEANINGS.items())


def token_command(make_centre: Callable[[], Centre]) -> click.Group:
    """The group, for `pult` to mount; `make_centre` composes the centre once a command really runs."""

    @click.group(cls=addressed(TokenError))
    def token() -> None:
        """Which other systems may ask the API, and for what."""

    _add_making(token, make_centre)
    _add_looking_after(token, make_centre)
    return token


def _add_making(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command(epilog=_SCOPES)
    @_INSURER
    @click.argument("name")
    @click.option("--scope", "scopes", type=click.Choice([str(one) for one in Scope]), multiple=True, required=True)
    @click.option("--days", type=click.IntRange(1, 1096), default=365, show_default=True, help="How long it is good.")
    def add(insurer: str, name: str, scopes: tuple[str, ...], days: int) -> None:
        """Make a token for a system, and show it once."""
        wanted = {Scope(one) for one in scopes}
        made = add_token(
            known_insurer(make_centre(), insurer),
            insurer_id=insurer,
            name=name,
            scopes=wanted,
            lives=timedelta(days=days),
            by=operator(),
        )
        click.echo(f"{name}: the token is {made} (shown once; good for {days} days)")


def _add_looking_after(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command("list")
    @_INSURER
    def list_tokens(insurer: str) -> None:
        """Show the tokens of an insurer: until when each is good, when it was used last, and for what it is."""
        centre = known_insurer(make_centre(), insurer)
        with centre.database.reading("list_tokens") as tx:
            rows = tokens_of(tx, insurer)
        now = centre.clock.now()
        for row in rows:
            until = "has run out" if row.expires_at <= now else f"until {row.expires_at:%Y-%m-%d}"
            used = f"used {row.used_at:%Y-%m-%d %H:%M} UTC" if row.used_at else "never used"
            click.echo(f"{row.name:<24} {until:<18} {used:<26} {' '.join(row.scopes)}")

    @group.command()
    @_INSURER
    @click.argument("name")
    def revoke(insurer: str, name: str) -> None:
        """Let a token open nothing any more, at once."""
        revoke_token(known_insurer(make_centre(), insurer), insurer_id=insurer, name=name, by=operator())
        click.echo(f"{name} opens nothing any more")
