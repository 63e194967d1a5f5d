"""Composes the app from its packages: for web servers, workers, the sweep and rehearsals; and the `pult` command."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import click
from flask import Flask
from redis import Redis
from waitress import create_server, wasyncore  # type: ignore[import-untyped]

import recordings.models  # noqa: F401 - with the two above: the migrations must see every package's tables
from agents.callbacks import OwedCalls
from agents.cli import commands_of as agent_commands
from agents.floor import Floor
from agents.listening import Listener
from agents.rehearsal import Front, Rehearsal
from agents.shifts import import_shifts
from agents.upkeep import keep_up
from agents.web import OutgoingCalls as CallsPlaced
from agents.web import blueprint as agents_blueprint
from agents.wiring import ports, wire
from config.backup_commands import backup_commands
from config.centre import Centre
from config.clock import Clock, MovedClock, WallClock, stopwatch
from config.database import Base, Database
from config.due_work import WorkPlan
from config.embedded_redis import command as redis_command
from config.embedded_redis import port_of as redis_port_of
from config.embedded_redis import prepare as prepare_redis
from config.embedded_redis import responds, running
from config.errors import ConfigError, StoreError
from config.failpoints import arm_from_environment
from config.ids import repeatable_ids
from config.job_queues import JobQueues
from config.line_descriptions import Insurers
from config.lines import load_insurers
from config.logs import set_up_logging
from config.migrate import revise, upgrade
from config.phone_numbers import parse_phone
from config.ports import answers, free_port
from config.processes import Program, Supervisor, is_in_use, sole_use, stopping_on_signals
from config.settings import DEMO, Settings, demo_settings, read_env_file, read_settings, write_env_file
from config.sweep import Sweep
from config.sweep_process import run_sweep
from config.web_server import WebServer
from config.web_server import serve as serve_web
from config.workers import run_burst, run_worker_pool
from flows import FlowSet, Vocabularies
from flows.checks import prove
from flows.cli import flows as flows_commands
from ivr import exchange, reconcile
from ivr import wiring as ivr_wiring
from ivr.calls.following import CallFollower
from ivr.carrier.signature import is_signed
from ivr.carrier.twilio_adapter import TwilioCarrier
from ivr.cli import calls as calls_commands
from ivr.cli import line as line_commands
from ivr.errors import PhoneError
from ivr.exchange.telephones import DistantTelephone, RehearsedTelephone
from ivr.fallback import fallback_app
from ivr.flow_library import FlowLibrary, vocabularies_of
from ivr.insured.cli import insured as insured_commands
from ivr.insured.roster import import_roster
from ivr.phone_in_terminal import CentreLog, Event, PromptNames, Script, Telephone, TerminalCall, Transcript
from ivr.phone_side import PhoneSide
from recordings.cli import commands_of as voicemail_commands
from recordings.voicemail import Messages

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CENTRE_FILE = "centre.env"
OUTCOME_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class House:
    """Everything composed, once a process."""

    centre: Centre
    floor: Floor
    phone: PhoneSide
    voicemail: Messages
    job_queues: JobQueues
    sweep: Sweep
    listener: Listener

    def look(self) -> int:
        """One look of the sweep: derive what is missing, then hurry along what is due."""
        keep_up(self.centre)
        self.voicemail.keep_up()
        return self.sweep.once()

    def close(self) -> None:
        """Let go of the database."""
        self.centre.database.close()


def prepare(settings: Settings) -> None:
    """Bring the database to this program's version. Raises StoreUnavailable in words for an administrator."""
    database = Database(settings.database_url)
    try:
        database.check()
        upgrade(database, Base.metadata)
    finally:
        database.close()


def compose(settings: Settings, clock: Clock | None = None) -> House:
    """Compose the centre; the database must have been prepared. Raises ConfigError, StoreError or FlowsBroken."""
    clock = clock or WallClock()
    database = Database(settings.database_url)
    plan = WorkPlan(database, clock)
    centre = Centre(settings, clock, database, plan, load_insurers(settings))
    carrier = TwilioCarrier(
        base_url=settings.carrier_url, account_sid=settings.account_sid, auth_token=settings.auth_token
    )
    floor = Floor(centre, carrier)
    voicemail = Messages(centre, carrier, partial(OwedCalls(centre).plan, keep_place=False))
    phone = PhoneSide(centre, carrier, _library(centre), ports(floor, voicemail))
    job_queues = JobQueues(settings.redis_url, plan, clock, timeout_seconds=settings.turn_redis_seconds)
    database.after_commit(job_queues.hurry_scheduled)
    voicemail.wire(plan)
    ivr_wiring.wire(plan, phone)
    sweep = Sweep(database, clock, plan, job_queues)
    return House(centre, floor, phone, voicemail, job_queues, sweep, wire(plan, floor))


def _library(centre: Centre) -> FlowLibrary:
    library = FlowLibrary(
        database=centre.database,
        clock=centre.clock,
        insurers=centre.insurers,
        folder=centre.settings.flows_dir,
        prove=prove,
    )
    library.install()
    return library


def create_app(house: House) -> Flask:
    """The Flask app of the carrier's webhooks, each behind the signature check."""
    app = ivr_wiring.create_app(house.phone)
    # A model's column is a descriptor, which no protocol's plain attribute matches for the type checker.
    outgoing = cast(CallsPlaced, ivr_wiring.outgoing(house.phone))
    app.register_blueprint(agents_blueprint(house.floor, outgoing, ivr_wiring.guard(house.phone)))
    return app


@dataclass(frozen=True)
class Stage:
    """A house and its carrier in one process, on one moved clock; webhooks come in by the front."""

    house: House
    switch: exchange.Switch
    rehearsal: Rehearsal
    front: Front


@contextmanager
def rehearse(settings: Settings, start: datetime, *, redis_url: str, seed: int = 1) -> Iterator[Stage]:
    """Compose app and exchange on a clock that stands at `start`; webhooks go over real HTTP on loopback.

    `settings` name the data folder, the database and the lines; addresses and account are chosen here.
    """
    clock = MovedClock(start)
    account = exchange.Settings(seed=seed, auth_token="rehearsal")  # noqa: S106 - both sides are in this process
    carrier_side = exchange.RunningExchange(account, clock=clock, courier=exchange.SimulatedCourier(), is_live=False)
    with repeatable_ids(seed), carrier_side as carrier:
        settings = replace(
            settings,
            redis_url=redis_url,
            carrier_url=carrier.url,
            public_url=f"http://127.0.0.1:{free_port()}",
            account_sid=account.account_sid,
            auth_token=account.auth_token,
            # Wall time must not decide whether a job is seen: here the turn waits for Redis as long as it takes.
            turn_redis_seconds=5.0,
        )
        prepare(settings)
        house = compose(settings, clock)
        front = Front(create_app(house))
        with serving(front, settings.public_url):
            connect_lines(carrier.switch, settings, house.centre.insurers)
            reconcile.appoint(house.phone)
            redis = Redis.from_url(redis_url)
            work = partial(run_burst, redis, house.centre.plan)
            rehearsal = Rehearsal(clock, carrier.switch, house.centre.database, house.look, work)
            yield Stage(house, carrier.switch, rehearsal, front)
            redis.close()
        house.close()


@contextmanager
def serving(app: "WSGIApplication", url: str) -> Iterator[None]:
    """Serve an app at `url` on a thread for the length of the block; a rehearsal sends it one request at a time."""
    port = int(url.rsplit(":", 1)[1])
    sockets: dict[int, Any] = {}
    server = create_server(app, host="127.0.0.1", port=port, threads=2, map=sockets)
    thread = Thread(target=server.run, daemon=True, name="webhooks")
    thread.start()
    try:
        yield
    finally:
        # First those who answer, for each wakes the loop when it is done; then the loop's sockets, in its own thread.
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
        thread.join(5)


def connect_lines(switch: exchange.Switch, settings: Settings, insurers: Insurers) -> None:
    """Give the exchange every published number, as an administrator gives them to a carrier; agents answer there."""
    url = settings.public_url
    for line in insurers.lines():
        for number in line.numbers:
            switch.add_number(
                number,
                f"{url}/voice/incoming",
                fallback_url=f"{settings.fallback_url}/fallback/{line.insurer_id}/{line.name}",
                status_callback=f"{url}/voice/status",
            )
    switch.behave("client:*", exchange.AutoAnswer(after=3.0, talk_for=None, patience=None))


def centre_settings() -> Settings:
    """The settings of the centre whose data folder this is: what `pult demo` chose last, under the environment."""
    folder = Path(os.environ.get("PULT_DATA_DIR", ".pult"))
    return read_settings({**read_env_file(folder / CENTRE_FILE), **os.environ})


def composed() -> House:
    """The house of the centre here, for one command; migrates a database that is older than this program."""
    settings = centre_settings()
    prepare(settings)
    return compose(settings)


@click.group()
@click.pass_context
def pult(context: click.Context) -> None:
    """Pult: the voice side of a medical insurer."""
    context.obj = LateHouse(composed)


pult.add_command(flows_commands)
pult.add_command(line_commands)
pult.add_command(calls_commands)
pult.add_command(insured_commands)
for made in (
    *agent_commands(lambda: composed().floor),
    *voicemail_commands(lambda: composed().centre),
    *backup_commands(centre_settings),
):
    pult.add_command(made)


class LateHouse:
    """Stands for the house until a command asks for its centre: `pult flows check` needs no database."""

    def __init__(self, make: Callable[[], House]) -> None:
        self._make = make

    @cached_property
    def centre(self) -> Centre:
        """The composed centre."""
        return self._make().centre

    @staticmethod
    def vocabulary() -> Vocabularies:
        """The queues and destinations that flows may name; a setting that is absent is as in the demo."""
        return vocabularies_of(load_insurers(read_settings({**demo_settings(), **os.environ})))


@pult.command()
@click.option("--revision", metavar="MESSAGE", help="For developers: write the version that the models ask for.")
def migrate(revision: str | None) -> None:
    """Bring the database to this program's version."""
    settings = centre_settings()
    prepare(settings)
    if revision is None:
        click.echo("The database is at this program's version.")
        return
    database = Database(settings.database_url)
    written = revise(database, Base.metadata, revision)
    database.close()
    click.echo(f"Read and correct {written}." if written else "The models ask for nothing new.")


@pult.group()
def serve() -> None:
    """Run one program of a centre, until SIGTERM: what `pult demo` and a service manager start."""
    set_up_logging()
    arm_from_environment(os.environ.get("PULT_FAILPOINT"))


@serve.command()
def web() -> None:
    """The web server of the carrier's webhooks."""
    settings = centre_settings()
    count = int(settings.named.get("PULT_WEB_WORKERS", "2"))
    place = _listening(settings, "PULT_WEB_BIND", settings.public_url, workers=count)
    serve_web(place, lambda: create_app(compose(settings)), port_setting="PULT_WEB_BIND")


def _listening(settings: Settings, setting: str, url: str, *, workers: int) -> WebServer:
    """Where to listen: as `setting` says (http://host:port), else where `url` points, which a proxy may answer for."""
    address = urlsplit(settings.named.get(setting, url))
    return WebServer(address.hostname or "127.0.0.1", address.port or 8080, workers)


@serve.command()
def fallback() -> None:
    """The fallback: no database, one answer, should the web server fail."""
    settings = centre_settings()
    duty = {(line.insurer_id, line.name): line.duty_number for line in load_insurers(settings).lines()}
    app = fallback_app(
        public_url=settings.fallback_url, duty_numbers=duty, is_signed=partial(is_signed, settings.auth_token)
    )
    place = _listening(settings, "PULT_FALLBACK_BIND", settings.fallback_url, workers=1)
    serve_web(place, lambda: app, port_setting="PULT_FALLBACK_BIND")


@serve.command()
@click.option("--count", default=2, show_default=True, type=click.IntRange(1, 64))
def workers(count: int) -> None:
    """The workers that empty the job queues."""
    settings = centre_settings()
    run_worker_pool(settings.redis_url, count, lambda: compose(settings).centre.plan)


@serve.command()
def sweep() -> None:
    """The sweep: finds what is due, and does the telephone work itself where Redis is away."""
    house = compose(centre_settings())
    reconcile.appoint(house.phone)
    run_sweep(house.look)


@serve.command("exchange")
def serve_exchange() -> None:
    """The exchange, a carrier on this machine: every line's number rings at the centre, agents answer by themselves."""
    settings = centre_settings()
    address = urlsplit(settings.carrier_url)
    account = exchange.Settings(account_sid=settings.account_sid, auth_token=settings.auth_token)
    carrier = exchange.RunningExchange(account, host=address.hostname or "127.0.0.1", port=address.port or 9000)
    connect_lines(carrier.switch, settings, load_insurers(settings))
    exchange.serve(carrier)


@pult.command()
@click.argument("number")
@click.option("--from", "ani", default="", help="The number that calls; withheld if left out.")
@click.option("--press", "presses", multiple=True, help='Answers the next prompt; "" is silence, "hangup" hangs up.')
@click.option("--language", help="Ask for ru, en, or another language of the line, before the other presses.")
@click.option("--json", "as_json", is_flag=True, help="One event a line, for machines.")
@click.option("--fast", is_flag=True, help="On a throw-away centre whose clock is moved.")
def call(number: str, ani: str, presses: tuple[str, ...], language: str | None, as_json: bool, fast: bool) -> None:
    """Call NUMBER, one of the lines, and print the call line by line.

    Calls the running centre; with --fast, or where none runs, a throw-away one with the demo's people and agents.
    """
    to = _e164(number)
    wanted = _Wanted(to, _e164(ani) if ani else "anonymous", (*_language_keys(to, language), *presses), as_json)
    folder = Path(os.environ.get("PULT_DATA_DIR", ".pult"))
    if not fast and folder.exists() and is_in_use(folder):
        sys.exit(_call_running(centre_settings(), wanted))
    with TemporaryDirectory(prefix="pult-") as throw_away:
        settings = read_settings({**demo_settings(), **os.environ, "PULT_DATA_DIR": throw_away})
        with (
            running(free_port(), Path(throw_away) / "redis") as redis,
            rehearse(settings, WallClock().now(), redis_url=redis.url) as stage,
        ):
            load_demo(stage.house.centre)
            sys.exit(_call_rehearsed(stage, wanted))


@dataclass(frozen=True)
class _Wanted:
    """The call to place; without `presses` nobody presses anything."""

    to: str
    ani: str
    presses: tuple[str, ...]
    as_json: bool

    def follow(
        self, telephone: Telephone, log: CentreLog, wait: Callable[[Callable[[], Event | None]], Event | None]
    ) -> int:
        """Follow the call to its end; the exit status."""
        prompts = FlowSet.from_folder().prompts
        names = PromptNames({id_: prompt.texts for id_, prompt in prompts.items()})
        # Without --press a person at a terminal decides; in a pipe nobody does, and that is silence.
        script = None if not self.presses and sys.stdin.isatty() else Script(list(self.presses))
        return TerminalCall(telephone, log, Transcript(names, self.as_json), script, wait, _ask_keys).run()


def _ask_keys() -> str:
    """What a person types: keys, nothing for silence, `hangup` (or the end of input) to hang up."""
    try:
        return input("keys> ").strip()
    except EOFError:
        return "hangup"


def _language_keys(to: str, language: str | None) -> tuple[str, ...]:
    """What a caller who wants `language` presses at the line's first menu: its number there, or 8 for the other one."""
    if language is None:
        return ()
    settings = read_settings({**demo_settings(), **os.environ})
    line = load_insurers(settings).line_by_number(to)
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


def _call_rehearsed(stage: Stage, wanted: _Wanted) -> int:
    phone_id = stage.switch.dial(wanted.to, wanted.ani)
    telephone = RehearsedTelephone(stage.switch, phone_id, stage.rehearsal.step)
    log = CallFollower(stage.house.centre.database, telephone.call_sid)

    def wait(ending: Callable[[], Event | None]) -> Event | None:
        stage.rehearsal.run_until(lambda: ending() is not None, within=OUTCOME_WITHIN)
        return ending()

    return wanted.follow(telephone, log, wait)


def _call_running(settings: Settings, wanted: _Wanted) -> int:
    telephone = DistantTelephone(exchange.Phone.dial(settings.carrier_url, wanted.to, wanted.ani))
    database = Database(settings.database_url)

    def wait(ending: Callable[[], Event | None]) -> Event | None:
        deadline = stopwatch() + OUTCOME_WITHIN.total_seconds()
        while (found := ending()) is None and stopwatch() < deadline:
            sleep(0.2)
        return found

    try:
        return wanted.follow(telephone, CallFollower(database, telephone.call_sid), wait)
    finally:
        database.close()


def load_demo(centre: Centre) -> None:
    """Load the demo's people, and its agents with their shifts; what is loaded already stays as it is."""
    for path in sorted((DEMO / "rosters").glob("*.csv")):
        import_roster(centre, path, insurer_id=path.stem, by="demo")
    for path in sorted((DEMO / "shifts").glob("*.csv")):
        import_shifts(centre, insurer_id=path.stem, path=path, actor="demo")


@pult.command()
def demo() -> None:
    """Start the whole centre on embedded defaults, place one call, and stay up until Ctrl-C."""
    environ = {
        "PULT_CARRIER_URL": "http://127.0.0.1:9000",
        "PULT_FALLBACK_URL": "http://127.0.0.1:8081",
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        **demo_settings(),
    }
    settings = read_settings({**environ, **os.environ})
    with sole_use(settings.data_dir):
        write_env_file(settings.data_dir / CENTRE_FILE, environ)
        prepare(settings)
        _run_demo(settings)


def _run_demo(settings: Settings) -> None:
    supervisor = Supervisor(_programs(settings), settings.data_dir / "logs", click.echo)
    with stopping_on_signals(supervisor):
        click.echo("Starting the centre ...")
        supervisor.start()
        house = compose(settings)
        load_demo(house.centre)
        house.close()
        # On a thread, so that Ctrl-C stops the centre in the middle of the call too.
        Thread(target=_show_a_call, args=(settings,), daemon=True, name="scripted call").start()
        supervisor.run()
    click.echo("The centre is stopped; its data stays.")


def _show_a_call(settings: Settings) -> None:
    """A made-up insured person asks for an appointment, is identified, waits, and is served."""
    click.echo("One call, as its caller has it (• is what the centre knows of it):\n")
    try:
        _call_running(settings, _Wanted("+78002001441", "+70002000001", _APPOINTMENT, as_json=False))
    except exchange.ExchangeError as error:
        click.echo(f"The call broke off: {error}")
        return
    click.echo(_HOW_TO_GO_ON.format(url=settings.public_url, logs=settings.data_dir / "logs"))


# An appointment, for myself, the policy's digits, the birth date: a row of config/demo/rosters/vsk.csv.
_APPOINTMENT = ("1", "1", "5000000001#", "15031985")


_HOW_TO_GO_ON = """
The centre is up at {url}; logs are in {logs}. In another terminal:
  .venv/bin/pult call "8 800 200-14-41" --press 0       ВСК, the medical desk
  .venv/bin/pult call "8 800 250-01-01"                 Согласие; press keys as you are asked
  .venv/bin/pult call "8 800 333-60-03" --press 9       the ОМС hotline, an emergency
  .venv/bin/pult calls list                             the call log
Ctrl-C stops everything."""


def _programs(settings: Settings) -> list[Program]:
    port = redis_port_of(settings.redis_url)
    this = [sys.executable, "-m", "wsgi", "serve"]
    web_url, fallback_url, carrier = settings.public_url, settings.fallback_url, settings.carrier_url
    programs = [
        Program("exchange", [*this, "exchange"], partial(answers, f"{carrier}/exchange/health")),
        Program("web", [*this, "web"], partial(answers, f"{web_url}/static/hold.wav")),
        Program("fallback", [*this, "fallback"], partial(answers, fallback_url)),
        Program("workers", [*this, "workers"]),
        Program("sweep", [*this, "sweep"]),
    ]
    if port is not None:
        prepare_redis(port, settings.data_dir / "redis")
        command = redis_command(port, settings.data_dir / "redis")
        programs.insert(0, Program("redis", command, partial(responds, port)))
    return programs


def main() -> None:
    """The `pult` command: errors that an administrator can mend are one line, without a stack trace."""
    try:
        pult()
    except (ConfigError, StoreError, PhoneError, exchange.ExchangeError) as error:
        click.echo(f"pult: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
