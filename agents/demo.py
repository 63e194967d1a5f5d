"""`pult demo`: the whole centre on one machine with made-up people and agents, and one call to see it work."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final, Protocol

import click
from sqlalchemy import select

from agents.accounts.demo import add_demo_accounts
from agents.history.beside import PastInMaking
from agents.shifts.importing import import_shifts
from config.centre import Centre, open_centre
from config.clock import WallClock
from config.database import Database
from config.embedded_redis import running as running_redis
from config.ports import free_port
from config.processes import StoppedWhileStarting, Supervisor, sole_use, stopping_on_signals
from config.programs import programs_of
from config.settings import CENTRE_FILE, DEMO, Settings, demo_settings, read_settings, write_env_file
from ivr.call_command import Dial, Switchboard, WantedCall, place_call, running_switchboard
from ivr.calls.models import Request
from ivr.insured.models import InsuredPerson, Policy
from ivr.insured.roster import import_roster

_LINE: Final = "+78002001441"
# Rows of config/demo/rosters/vsk.csv: policies, and the telephone and birth date of who is insured by each.
_ASK_FOR_APPOINTMENTS: Final = {
    "5000000001": ("+70002000001", "15031985"),
    "5000000002": ("+70002000002", "02071979"),
    "5000000003": ("+70002000003", "21111968"),
}

_DESK: Final = """The desk is at {desk}; sign in with the password {password} as
  vsk-desk-1        an agent; others: pult agent list --insurer vsk
  vsk-supervisor    a supervisor, who sees the floor, the call log and the reports; each insurer has one
  vsk-quality       a second one there, who takes no calls but evaluates them
  admin             the administrator
"""

_METRICS: Final = """
What Prometheus reads:
  {bind}/metrics"""

_PLACES: Final = (
    *("PULT_CARRIER_URL", "PULT_PUBLIC_URL", "PULT_DESK_URL", "PULT_FALLBACK_URL", "PULT_REDIS_URL"),
    *("PULT_DATABASE_URL", "PULT_LINES_DIR", "PULT_FLOWS_DIR", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"),
)

_HOW_TO_GO_ON: Final = """
The centre is up at {url}; logs are in {logs}. In a browser, a telephone to call it with, and the desk of who answers:
  {carrier}/exchange/phone/
  {desk}{metrics}
In another terminal:
  .venv/bin/pult call "8 800 200-14-41" --press 0       ВСК, the medical desk
  .venv/bin/pult call "8 800 250-01-01"                 Согласие; press keys as you are asked
  .venv/bin/pult call "8 800 333-60-03" --press 9       the ОМС hotline, an emergency
  .venv/bin/pult calls list                             the call log
Ctrl-C stops everything."""


class Staged(Switchboard, Protocol):
    """A whole centre in this process."""

    @property
    def centre(self) -> Centre:
        """The centre."""
        ...


class Rehearse(Protocol):
    """Composes a whole centre, and its carrier, on a clock that begins at `start` and is moved."""

    def __call__(self, settings: Settings, start: datetime, *, redis_url: str) -> AbstractContextManager[Staged]:
        """For the length of a block."""
        ...


def demo_command(make_ready: Callable[[Settings], None], dial: Dial) -> click.Command:
    """The command, for `pult` to mount: `make_ready` brings database and flows up to date, `dial` calls the centre.

    It raises ConfigError, StoreError and what these two raise.
    """

    @click.command()
    @click.option("--past-days", type=click.IntRange(0, 31), default=7, show_default=True, help="0 for no past.")
    @click.option("--calls-a-day", type=click.IntRange(1, 3000), default=300, show_default=True, help="Of the past.")
    def demo(past_days: int, calls_a_day: int) -> None:
        """Start the whole centre on embedded defaults, place one call, and stay up until Ctrl-C.

        Meanwhile past days with synthetic calls are made in the background.
        """
        chosen = _choices()
        settings = read_settings(os.environ, defaults=chosen)
        with sole_use(settings.data_dir):
            # What this environment alone says too: other commands must find the centre from another terminal.
            told = {name: os.environ[name] for name in _PLACES if name in os.environ}
            write_env_file(settings.data_dir / CENTRE_FILE, {**chosen, **told})
            # The ports first: what is wrong with them should not take the time of the rest.
            supervisor = Supervisor(programs_of(settings), settings.data_dir / "logs", click.echo)
            make_ready(settings)
            wanted = ("--days", str(past_days), "--calls", str(calls_a_day))
            past = PastInMaking(click.echo, *wanted) if past_days else None
            _run(settings, dial, supervisor, past)

    return demo


def load_demo(centre: Centre) -> None:
    """Load the demo's people, and its agents with their shifts, of the insurers that the centre has; what is loaded
    already stays as it is.
    """
    for path in _of_insurers_here(centre, DEMO / "rosters"):
        import_roster(centre, path, insurer_id=path.stem, by="demo")
    for path in _of_insurers_here(centre, DEMO / "shifts"):
        import_shifts(centre, insurer_id=path.stem, path=path, actor="demo")


def _of_insurers_here(centre: Centre, folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if path.stem in centre.insurers]


@contextmanager
def throw_away(make_ready: Callable[[Settings], None], dial: Dial) -> Iterator[Switchboard]:
    """A centre that runs in real time, with the demo's people and agents; nothing of it stays."""
    with TemporaryDirectory(prefix="pult-") as folder:
        own = {**_choices(), **_apart(Path(folder)), **_free_places()}
        settings = read_settings({**os.environ, **own})
        make_ready(settings)
        supervisor = Supervisor(programs_of(settings, environ=own), settings.data_dir / "logs")
        with ExitStack() as opened:
            with stopping_on_signals(supervisor):
                opened.enter_context(supervisor.up())
                _load_into(settings)
            yield opened.enter_context(running_switchboard(settings, dial))


def _free_places() -> Mapping[str, str]:
    names = ("PULT_CARRIER_URL", "PULT_PUBLIC_URL", "PULT_DESK_URL", "PULT_FALLBACK_URL")
    places = {name: f"http://127.0.0.1:{free_port()}" for name in names}
    # Where a centre behind a proxy listens is no place for this one.
    unbound = dict.fromkeys(("PULT_WEB_BIND", "PULT_DESK_BIND", "PULT_FALLBACK_BIND", "PULT_METRICS_BIND"), "")
    return {**places, **unbound, "PULT_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}


def _apart(folder: Path) -> Mapping[str, str]:
    """A data folder and a database of its own: the real centre's must never see the demo's people."""
    return {"PULT_DATA_DIR": str(folder), "PULT_DATABASE_URL": f"sqlite:///{folder}/pult.sqlite"}


def _load_into(settings: Settings) -> None:
    centre = open_centre(settings, WallClock())
    try:
        load_demo(centre)
    finally:
        centre.database.close()


def _open_desks(settings: Settings) -> str:
    centre = open_centre(settings, WallClock())
    try:
        return add_demo_accounts(centre)
    finally:
        centre.database.close()


@contextmanager
def rehearsed(rehearse: Rehearse) -> Iterator[Staged]:
    """A centre on a moved clock that begins now, with the demo's people and agents; nothing of it stays."""
    with TemporaryDirectory(prefix="pult-") as folder:
        settings = read_settings({**os.environ, **_apart(Path(folder))}, defaults=demo_settings())
        with (
            running_redis(free_port(), Path(folder) / "redis") as redis,
            rehearse(settings, WallClock().now(), redis_url=redis.url) as stage,
        ):
            load_demo(stage.centre)
            yield stage


def _choices() -> Mapping[str, str]:
    """What the demo chooses where nobody else does: the exchange as carrier, with an account of its own."""
    return {
        "PULT_CARRIER_URL": "http://127.0.0.1:9000",
        "PULT_FALLBACK_URL": "http://127.0.0.1:8081",
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_API_KEY": "SK" + secrets.token_hex(16),
        "TWILIO_API_SECRET": secrets.token_hex(16),
        "TWILIO_APPLICATION_SID": "AP" + secrets.token_hex(16),
        "PULT_VOICE_PORT": "9001",
        "PULT_METRICS_BIND": "http://127.0.0.1:9180",
        # The exchange has no good voice of its own, as a carrier has.
        "PULT_SPEECH": "pack",
        **demo_settings(),
    }


def _run(settings: Settings, dial: Dial, supervisor: Supervisor, past: PastInMaking | None) -> None:
    with stopping_on_signals(supervisor), suppress(StoppedWhileStarting):
        click.echo("Starting the centre ...")
        with supervisor.up():
            _load_into(settings)
            click.echo(_DESK.format(desk=settings.desk_url, password=_open_desks(settings)))
            # On a thread, so that Ctrl-C stops the centre in the middle of the call too.
            showing = Thread(target=_show, args=(settings, dial, supervisor, past), daemon=True, name="scripted call")
            showing.start()
            try:
                supervisor.run()
            finally:
                if past is not None:
                    past.end()
    click.echo("The centre is stopped; its data stays.")


def _show(settings: Settings, dial: Dial, supervisor: Supervisor, past: PastInMaking | None) -> None:
    """The call first: nothing slows it down, and nothing is told in between."""
    _show_a_call(settings, dial, supervisor)
    if past is not None and not supervisor.is_asked_to_stop:
        past.run()


def _wanted_call(settings: Settings) -> WantedCall:
    """An appointment for who has asked for nothing yet, as an earlier start's callers have; else the operator."""
    database = Database(settings.database_url)
    try:
        with database.reading("who_asks_for_nothing") as tx:
            asked_by = select(Policy.number).join(InsuredPerson, InsuredPerson.policy_id == Policy.id)
            is_open = (Request.insured_id == InsuredPerson.id) & Request.closed_at.is_(None)
            asked = set(tx.scalars(asked_by.join(Request, is_open)))
    finally:
        database.close()
    for policy, (ani, born) in _ASK_FOR_APPOINTMENTS.items():
        if policy not in asked:
            # An appointment, for myself.
            return WantedCall(_LINE, ani, ("1", "1", f"{policy}#", born))
    return WantedCall(_LINE, "", ("0",))


def _show_a_call(settings: Settings, dial: Dial, supervisor: Supervisor) -> None:
    """A made-up insured person asks for an appointment, is identified, waits, and is served."""
    if supervisor.is_asked_to_stop:
        return
    click.echo("One call, as its caller has it (• is what the centre knows of it):\n")
    try:
        with running_switchboard(settings, dial) as board:
            place_call(board, _wanted_call(settings))
    except Exception as error:
        # Whatever it was: nobody at this terminal can use a stack trace, and a centre being stopped needs no words.
        if not supervisor.is_asked_to_stop:
            click.echo(f"The call broke off: {error}")
        return
    click.echo(
        _HOW_TO_GO_ON.format(
            url=settings.public_url,
            carrier=settings.carrier_url,
            desk=settings.desk_url,
            metrics=_METRICS.format(bind=bind) if (bind := settings.named.get("PULT_METRICS_BIND", "")) else "",
            logs=settings.data_dir / "logs",
        )
    )
