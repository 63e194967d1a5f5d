"""`pult call`: dials one of the lines, at the centre that runs here or at a throw-away one, and follows the call."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Final, Protocol

import click

from config.clock import stopwatch
from config.database import Database
from config.line_descriptions import Insurers
from config.phone_numbers import parse_phone
from config.processes import is_in_use
from config.settings import Settings, data_dir_of, named_values
from flows import FlowSet
from ivr.calls.following import CallFollower
from ivr.phone_in_terminal import Event, PromptNames, Script, Telephone, TerminalCall, Transcript

OUTCOME_WITHIN: Final = timedelta(seconds=5)
_LOOK_SECONDS: Final = 0.2


class DialledTelephone(Telephone, Protocol):
    """A telephone whose call the carrier has begun."""

    @property
    def call_sid(self) -> str:
        """The carrier's id of the call."""
        ...


class Switchboard(Protocol):
    """A centre that can be called, and whose log can be read."""

    @property
    def database(self) -> Database:
        """Where its log is."""
        ...

    def dial(self, to: str, ani: str) -> DialledTelephone:
        """Call the line `to` from `ani`, both E.164, or `anonymous`."""
        ...

    def wait_for(self, ending: Callable[[], Event | None], *, within: timedelta) -> Event | None:
        """What `ending` finds, as soon as it finds something; None if it does not in that much of the centre's time."""
        ...


Dial = Callable[[Settings, str, str], DialledTelephone]
"""Calls a line (E.164) of the centre that runs with these settings, from a number or `anonymous`."""


@dataclass(frozen=True)
class RunningSwitchboard:
    """The centre that runs on this machine, whose time is the wall's."""

    settings: Settings
    database: Database
    dialled: Dial

    def dial(self, to: str, ani: str) -> DialledTelephone:
        """Call the line."""
        return self.dialled(self.settings, to, ani)

    def wait_for(self, ending: Callable[[], Event | None], *, within: timedelta) -> Event | None:
        """Look again and again."""
        deadline = stopwatch() + within.total_seconds()
        while (found := ending()) is None and stopwatch() < deadline:
            sleep(_LOOK_SECONDS)
        return found


@contextmanager
def running_switchboard(settings: Settings, dial: Dial) -> Iterator[Switchboard]:
    """The switchboard of the centre that runs with these settings, for the length of the block."""
    database = Database(settings.database_url)
    try:
        yield RunningSwitchboard(settings, database, dial)
    finally:
        database.close()


@dataclass(frozen=True)
class WantedCall:
    """The call to place; without `presses` nobody presses anything."""

    to: str
    ani: str
    presses: tuple[str, ...] = ()
    as_json: bool = False


@dataclass(frozen=True)
class Centres:
    """Where `pult call` can call: the composer answers. `settings` are of the centre that may run here, `insurers` of
    the lines that can be called at all, and `throw_away` makes a centre on a moved clock.
    """

    settings: Callable[[], Settings]
    insurers: Callable[[], Insurers]
    dial: Dial
    throw_away: Callable[[], AbstractContextManager[Switchboard]]

    def running(self) -> AbstractContextManager[Switchboard] | None:
        """The centre that runs here; None where none does."""
        folder = data_dir_of(named_values(os.environ))
        return running_switchboard(self.settings(), self.dial) if is_in_use(folder) else None


def place_call(board: Switchboard, wanted: WantedCall) -> int:
    """Place the call and print it to its end; the exit status."""
    telephone = board.dial(wanted.to, wanted.ani)
    log = CallFollower(board.database, telephone.call_sid)
    prompts = FlowSet.from_folder().prompts
    names = PromptNames({id_: prompt.texts for id_, prompt in prompts.items()})
    # Without --press a person at a terminal decides; in a pipe nobody does, and that is silence.
    script = None if not wanted.presses and sys.stdin.isatty() else Script(list(wanted.presses))

    def wait(ending: Callable[[], Event | None]) -> Event | None:
        return board.wait_for(ending, within=OUTCOME_WITHIN)

    return TerminalCall(telephone, log, Transcript(names, wanted.as_json), script, wait, _ask_keys).run()


def call_command(centres: Centres) -> click.Command:
    """The command, for `pult` to mount. It raises ConfigError, StoreError, PhoneError and the exchange's errors."""

    @click.command()
    @click.argument("number")
    @click.option("--from", "ani", default="", help="The number that calls; withheld if left out.")
    @click.option("--press", "presses", multiple=True, help='Answers the next prompt: keys, "" or hangup.')
    @click.option("--language", help="Ask for ru, en, or another language of the line, before the other presses.")
    @click.option("--json", "as_json", is_flag=True, help="One event a line, for machines.")
    @click.option("--fast", is_flag=True, help="On a throw-away centre whose clock is moved.")
    def call(number: str, ani: str, presses: tuple[str, ...], language: str | None, as_json: bool, fast: bool) -> None:
        """Call NUMBER, one of the lines, and print the call line by line.

        Calls the running centre; with --fast, or where none runs, a throw-away one with the demo's people and agents.
        --press "" is silence and --press hangup hangs up; without --press you are asked at the terminal.
        """
        to = _e164(number)
        keys = _language_keys(centres.insurers(), to, language) if language else ()
        wanted = WantedCall(to, _e164(ani) if ani else "anonymous", (*keys, *presses), as_json)
        centre = (None if fast else centres.running()) or centres.throw_away()
        with centre as board:
            sys.exit(place_call(board, wanted))

    return call


def _ask_keys() -> str:
    """What a person types: keys, nothing for silence, `hangup` (or the end of input) to hang up."""
    try:
        return input("keys> ").strip()
    except EOFError:
        return "hangup"


def _language_keys(insurers: Insurers, to: str, language: str) -> tuple[str, ...]:
    """What a caller who wants `language` presses at the line's first menu: its number there, or 8 for the other one."""
    line = insurers.line_by_number(to)
    if line is None or language not in line.languages:
        known = ", ".join(line.languages) if line else "no line answers there"
        raise click.BadParameter(f"the line does not speak {language!r} ({known})", param_hint="--language")
    place = line.languages.index(language)
    if len(line.languages) > 2:
        return (str(place + 1),)
    return ("8",) if place else ()


def _e164(text: str) -> str:
    try:
        return parse_phone(text).e164
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
