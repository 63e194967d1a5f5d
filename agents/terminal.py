"""What the agents' commands in the terminal share: whose agent, and one clear line where the centre refuses."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from agents.errors import AgentError
from agents.floor import Floor
from ivr.carrier.errors import CarrierError
from ivr.errors import PhoneError

FloorMaker = Callable[[], Floor]
INSURER: Final = click.option("--insurer", required=True, help="Whose agent: vsk, soglasie, rgs, oms, maks.")


class Addressed(click.Group):
    """A group whose commands end with one clear line, not with a stack trace, where the centre refuses."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (AgentError, PhoneError) as error:
            raise click.ClickException(str(error) or type(error).__name__) from error
        except CarrierError as error:
            raise click.ClickException(f"the carrier did not follow: {error}") from error


def write_new(file: Path, content: bytes) -> None:
    """Write what holds people's data into a file that there was not, for its owner alone. Raises ClickException."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(content)
    except FileExistsError:
        raise click.ClickException(f"{file} is there already: name another file") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error


def operator() -> str:
    """The operating-system account that works here, for the audit."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown account"


def checked(floor: Floor, insurer: str) -> Floor:
    """The floor, if the insurer is one of the centre's; raises BadParameter, naming those there are."""
    if insurer not in floor.centre.insurers:
        raise click.BadParameter(f"no insurer '{insurer}'; one of {', '.join(floor.centre.insurers.ids)}")
    return floor
