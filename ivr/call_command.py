"""`pult call`: dials one of the lines, at the centre that runs here or at a throw-away one, and follows the call."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from types import FrameType
from typing import Final, Protocol

import click

from config.clock import stopwatch
from config.database import Database
from config.errors import ConfigError
from config.line_descriptions import Insurers, Line
from config.lines import load_insurers
from config.phone_numbers import parse_phone
from config.processes import is_in_use
from config.settings import Settings, data_dir_of, named_values
from ivr.calls.following import CallFollower
from ivr.keys_in_terminal import AskedPerson, Hand, Script, TypingPerson, is_pressable
from ivr.phone_in_terminal import Event, Telephone, TerminalCall, Transcript

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

    @property
    def is_live(self) -> bool:
        """Whether its time is the wall's, and goes on while a person thinks."""
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
    is_live: bool = True

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
    """Where `pult call` can call; the composer answers.

    `settings` are of the centre that may run here, `is_up` says whether it does, and `dial` calls it. `throw_away`
    makes one that runs in real time, `rehearsed` one on a moved clock; `insurers` are those that these two have.
    """

    settings: Callable[[], Settings]
    is_up: Callable[[Settings], bool]
    dial: Dial
    insurers: Callable[[], Insurers]
    throw_away: Callable[[], AbstractContextManager[Switchboard]]
    rehearsed: Callable[[], AbstractContextManager[Switchboard]]

    def running(self) -> Settings | None:
        """The settings of the centre that runs here; None where none does. Raises ConfigError for one that starts."""
        folder = data_dir_of(named_values(os.environ))
        if not folder.exists():
            return None
        settings = self.settings()
        if self.is_up(settings):
            return settings
        if is_in_use(folder):
            raise ConfigError(f"the centre in {folder} does not take calls: it starts or stops just now; try again.")
        return None


def place_call(board: Switchboard, wanted: WantedCall) -> int:
    """Place the call and print it to its end; the exit status."""
    telephone = board.dial(wanted.to, wanted.ani)

    def wait(ending: Callable[[], Event | None]) -> Event | None:
        return board.wait_for(ending, within=OUTCOME_WITHIN)

    # A call in real time would go on without its caller; one on a moved clock is thrown away.
    with _hanging_up_on_interrupt() if board.is_live else nullcontext(_never) as is_hung_up:
        return TerminalCall(
            telephone=telephone,
            log=CallFollower(board.database, telephone.call_sid),
            transcript=Transcript(wanted.as_json),
            hand=_hand(wanted, is_live=board.is_live),
            wait_for_outcome=wait,
            is_hung_up=is_hung_up,
        ).run()


@contextmanager
def _hanging_up_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Within the block the first Ctrl-C only makes what is yielded true; a second one interrupts."""
    interrupts: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if interrupts:
            signal.default_int_handler(number, frame)
        interrupts.append(number)

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, note) if is_main else None
    try:
        yield lambda: bool(interrupts)
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)


def _never() -> bool:
    return False


def _hand(wanted: WantedCall, *, is_live: bool) -> Hand:
    """Without --press a person at a terminal decides; in a pipe nobody does, and that is silence."""
    if wanted.presses or not sys.stdin.isatty():
        return Script(wanted.presses)
    return TypingPerson() if is_live else AskedPerson()


def call_command(centres: Centres) -> click.Command:
    """The command, for `pult` to mount. It raises ConfigError, StoreError, PhoneError and the exchange's errors."""

    @click.command()
    @click.argument("number")
    @click.option("--from", "ani", default="", help="The number that calls; withheld if left out.")
    @click.option("--press", "presses", multiple=True, help='Answers the next prompt: keys, "" or hangup.')
    @click.option("--language", help="Ask for ru, en, or another language of the line, before the other presses.")
    @click.option("--json", "as_json", is_flag=True, help="One event a line, for machines.")
    @click.option("--fast", is_flag=True, help="On a throw-away centre whose clock is moved: no waiting.")
    def call(number: str, ani: str, presses: tuple[str, ...], language: str | None, as_json: bool, fast: bool) -> None:
        """Call NUMBER, one of the lines, and print the call line by line.

        Calls the running centre, or a throw-away one with the demo's people and agents. --press "" is silence and
        --press hangup hangs up; without --press you are asked at the terminal. Exit status 0 for a proper end.
        """
        running = None if fast else centres.running()
        insurers = load_insurers(running) if running else centres.insurers()
        wanted = _wanted(insurers, number, ani, presses, language, as_json)
        if running is None and not fast:
            click.echo("No centre runs here: starting a throw-away one ...", err=True)
        with _opened(centres, running, fast) as board:
            sys.exit(place_call(board, wanted))

    return call


def _opened(centres: Centres, running: Settings | None, is_fast: bool) -> AbstractContextManager[Switchboard]:
    if running is not None:
        return running_switchboard(running, centres.dial)
    return centres.rehearsed() if is_fast else centres.throw_away()


def _wanted(
    insurers: Insurers, number: str, ani: str, presses: tuple[str, ...], language: str | None, as_json: bool
) -> WantedCall:
    """The call that the command line asks for; raises click's usage errors."""
    line = insurers.line_by_number(to := _e164(number, "NUMBER"))
    if line is None:
        there = ", ".join(f"{one.numbers[0]} ({one.insurer_id})" for one in insurers.lines() if one.numbers)
        raise click.BadParameter(f"no line answers at {to}; there are {there}", param_hint="NUMBER")
    if wrong := [one for one in presses if not is_pressable(one)]:
        raise click.BadParameter(f"{wrong[0]!r}: 0-9, * and #, hangup, or nothing for silence", param_hint="--press")
    keys = _language_keys(line, language) if language else ()
    return WantedCall(to, _e164(ani, "--from") if ani else "anonymous", (*keys, *presses), as_json)


def _language_keys(line: Line, language: str) -> tuple[str, ...]:
    """What a caller who wants `language` presses at the line's first menu: its number there, or 8 for the other one."""
    if language not in line.languages:
        known = ", ".join(line.languages)
        raise click.BadParameter(f"the line does not speak {language!r} ({known})", param_hint="--language")
    place = line.languages.index(language)
    if len(line.languages) > 2:
        return (str(place + 1),)
    return ("8",) if place else ()


def _e164(text: str, hint: str) -> str:
    try:
        found = parse_phone(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=hint) from error
    if found.extension is not None:
        raise click.BadParameter("dial the number alone, and press an extension's keys", param_hint=hint)
    return found.e164
