"""`pult migrate`: the terminal's side of `config.migrate`."""

from collections.abc import Callable

import click
from sqlalchemy import MetaData

from config.database import Database
from config.migrate import revise
from config.schema_version import prepare
from config.settings import Settings


def migrate_command(settings: Callable[[], Settings], metadata: MetaData) -> click.Command:
    """The command, for `pult` to mount; `metadata` must hold every package's tables."""

    @click.command()
    @click.option("--revision", metavar="MESSAGE", help="For developers: write the version that the models ask for.")
    def migrate(revision: str | None) -> None:
        """Bring the database to this program's version."""
        found = settings()
        prepare(found, metadata)
        if revision is None:
            click.echo("The database is at this program's version.")
            return
        database = Database(found.database_url)
        written = revise(database, metadata, revision)
        database.close()
        click.echo(f"Read and correct {written}." if written else "The models ask for nothing new.")

    return migrate
