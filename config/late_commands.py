"""Commands that are imported when they are asked for: none waits for what only another one needs."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import click

Load: TypeAlias = Callable[[], Iterable[click.Command]]
"""Imports and makes some commands."""


class LateCommands(click.Group):
    """A group that knows its commands' names, and loads one when it is run or its help is shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loads: dict[str, Load] = {}

    def late(self, *names: str) -> Callable[[Load], Load]:
        """Decorates a function that imports and returns the commands of these names."""

        def remember(load: Load) -> Load:
            self._loads.update(dict.fromkeys(names, load))
            return load

        return remember

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Called by click for its help, which loads them all."""
        return sorted({*super().list_commands(ctx), *self._loads})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Called by click with the name that was typed."""
        load = self._loads.pop(cmd_name, None)
        for command in load() if load else ():
            self.add_command(command)
        return super().get_command(ctx, cmd_name)


def run(group: click.Command, told_errors: Callable[[], Sequence[type[Exception]]]) -> None:
    """Run what the command line asks for; an error of `told_errors` ends it with status 1 and its text alone."""
    try:
        group()
    # Evaluated only when something was raised.
    except tuple(told_errors()) as error:
        click.echo(f"pult: {_in_words(error)}", err=True)
        sys.exit(1)


def _in_words(error: Exception) -> str:
    """The error's text; of one that wraps a database driver's, the driver's own, without statement and link."""
    driver = getattr(error, "orig", None)
    return str(error) if driver is None else f"the database refuses: {' '.join(str(driver).split())}"
