"""`pult audit`: is the chain whole, and, after a backup was restored, from where does it go on."""

from collections.abc import Callable

import click
from rich.progress import Progress as Bar

from config.audit_chain import Verdict, current_head, keep_head, verify
from config.database import Database
from config.schema_version import require_current
from config.settings import Settings


def audit_commands(settings: Callable[[], Settings]) -> tuple[click.Group]:
    """The group, for `pult` to mount; `settings` reads them when a command runs. They raise ConfigError, StoreError."""

    @click.group("audit")
    def audit() -> None:
        """Who looked at, changed or exported what: append-only, and chained."""

    @audit.command("verify")
    @click.pass_context
    def verify_command(context: click.Context) -> None:
        """Find entries that were changed, removed or moved; exit status 1 if there are any."""
        verdict = _verified(settings())
        for finding in verdict.findings:
            click.echo(finding)
        state = "broken" if verdict.findings else "whole"
        waiting = f", {verdict.unsealed} wait for the sweep" if verdict.unsealed else ""
        click.echo(f"The chain of {verdict.sealed} entries is {state}{waiting}.")
        context.exit(1 if verdict.findings else 0)

    @audit.command("anchor")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    def anchor(yes: bool) -> None:
        """Let the chain go on from where it ends now: after a backup was restored, it ends earlier than it did."""
        found = settings()
        database = _opened(found)
        head = current_head(database)
        database.close()
        if not yes and not click.confirm(f"Take place {head.place} for the end of the chain?"):
            raise click.Abort
        keep_head(found.data_dir, head)
        click.echo(f"The chain goes on from place {head.place}.")

    return (audit,)


def _verified(settings: Settings) -> Verdict:
    database = _opened(settings)
    try:
        with Bar(transient=True) as bar:
            task = bar.add_task("audit")

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return verify(database, key=settings.audit_key, data_dir=settings.data_dir, progress=progress)
    finally:
        database.close()


def _opened(settings: Settings) -> Database:
    database = Database(settings.database_url)
    require_current(database)
    return database
