"""What the agents' commands in the terminal share: whose agent, and one clear line where the centre refuses."""

from collections.abc import Callable
from typing import Final

import click

from agents.errors import AgentError
from agents.floor import Floor
from config.terminal import known_insurer
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


def checked(floor: Floor, insurer: str) -> Floor:
    """The floor, if the insurer is one of the centre's; raises BadParameter, naming those there are."""
    known_insurer(floor.centre, insurer)
    return floor
