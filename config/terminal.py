"""What commands in the terminal share: who works there, whose data is meant, one clear line for what is refused."""

import getpass
import os
from pathlib import Path

import click

from config.centre import Centre


def operator() -> str:
    """The operating-system account that works here, for the audit."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown account"


def addressed(*told: type[Exception]) -> type[click.Group]:
    """A kind of group whose commands end with one clear line, not with a stack trace, where one of these is raised."""

    class Addressed(click.Group):
        def invoke(self, ctx: click.Context) -> object:
            try:
                return super().invoke(ctx)
            except told as error:
                raise click.ClickException(str(error) or type(error).__name__) from error

    return Addressed


def known_insurer(centre: Centre, insurer: str) -> Centre:
    """The centre, if the insurer is one of its own; raises BadParameter, naming those there are."""
    if insurer not in centre.insurers:
        raise click.BadParameter(f"no insurer '{insurer}'; one of {', '.join(centre.insurers.ids)}")
    return centre


def write_new(file: Path, content: bytes) -> None:
    """Write what holds people's data into a file that there was not, for its owner alone. Raises ClickException."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as written:
                written.write(content)
        except BaseException:
            file.unlink()
            raise
    except FileExistsError:
        raise click.ClickException(f"{file} is there already: name another file") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
