"""`pult backup` and `pult restore`: the terminal's side of `config.backup`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress as Bar

from config.backup import KEYS, Progress, back_up, holds_data, read_manifest, restore
from config.clock import WallClock
from config.settings import Settings


def backup_commands(settings: Callable[[], Settings]) -> tuple[click.Command, click.Command]:
    """The two commands, for `pult` to mount; `settings` reads them when a command runs. They raise ConfigError."""

    @click.command("backup")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--with-keys", is_flag=True, help="Put the key files in too: whoever has the file can then hear all.")
    def backup(file: Path, with_keys: bool) -> None:
        """Write the database and the sealed recordings to FILE, while the centre goes on."""
        with _progress() as progress:
            manifest = back_up(settings(), file, now=WallClock().now(), with_keys=with_keys, progress=progress)
        click.echo(f"{file}: {len(manifest.files)} files.")
        if not with_keys:
            click.echo(f"The keys are not in it: keep {', '.join(KEYS)} elsewhere, or it cannot be used.")

    @click.command("restore")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--yes", is_flag=True, help="Do not ask before replacing what is there.")
    def restore_command(file: Path, yes: bool) -> None:
        """Put the content of FILE in place of the data folder's; the centre must be stopped."""
        found = settings()
        made_at = read_manifest(file).made_at
        question = f"Replace the data in {found.data_dir} by the backup of {made_at}?"
        if holds_data(found) and not yes and not click.confirm(question):
            raise click.Abort
        with _progress() as progress:
            aside = restore(found, file, now=WallClock().now(), progress=progress)
        click.echo(f"Restored the backup of {made_at}." + (f" What was there is in {aside}." if aside else ""))

    return backup, restore_command


@contextmanager
def _progress() -> Iterator[Progress]:
    with Bar(transient=True) as bar:
        tasks = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield told
