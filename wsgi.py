"""Composes the app from its packages: for web servers, workers, the sweep and rehearsals; and the `pult` command."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import click
from flask import Flask
from redis import Redis
from waitress import create_server  # type: ignore[import-untyped]

import ivr.insured.models
import recordings.models  # noqa: F401 - with the two above: the migrations must see every package's tables
from agents.callbacks import OwedCalls
from agents.floor import Floor
from agents.listening import Listener
from agents.rehearsal import Rehearsal
from agents.upkeep import keep_up
from agents.web import blueprint as agents_blueprint
from agents.wiring import ports, wire
from config.centre import Centre
from config.clock import Clock, MovedClock, WallClock
from config.database import Base, Database
from config.due_work import JobQueue, WorkPlan
from config.embedded_redis import running
from config.errors import ConfigError, StoreError
from config.job_queues import JobQueues
from config.lines import load_insurers
from config.migrate import upgrade
from config.phone_numbers import parse_phone
from config.ports import free_port
from config.settings import Settings, demo_settings, read_settings
from config.sweep import Sweep
from config.workers import run_burst
from flows import FlowSet
from flows.checks import prove
from flows.cli import flows as flows_commands
from ivr import exchange, messages, reconcile
from ivr.calls.following import CallFollower
from ivr.carrier.twilio_adapter import TwilioCarrier
from ivr.errors import PhoneError
from ivr.exchange.telephones import RehearsedTelephone
from ivr.flow_library import FlowLibrary
from ivr.messages import MessageDesk
from ivr.phone_in_terminal import Event, PromptNames, Script, TerminalCall, Transcript
from ivr.phone_side import PhoneSide
from ivr.turns.promised import OutgoingCalls
from ivr.web.voice import EXTENSION
from ivr.web.voice import bp as voice
from ivr.web.webhook import guard_of
from recordings.voicemail import Messages


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
    _wire_phone(plan, phone)
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


def _wire_phone(plan: WorkPlan, phone: PhoneSide) -> None:
    def prompts() -> object:
        with phone.centre.database.reading("current_prompts") as tx:
            return phone.flow_library.current(tx).prompts

    desk = MessageDesk(phone.centre, phone.carrier, prompts)  # type: ignore[arg-type]
    plan.handle(messages.SEND_MESSAGE, JobQueue.MESSAGES, partial(messages.send_message, desk))
    plan.handle(reconcile.KIND, JobQueue.UPKEEP, partial(reconcile.reconcile, phone))


def create_app(house: House) -> Flask:
    """The Flask app of the carrier's webhooks, each behind the signature check."""
    app = Flask("pult", static_folder=str(Path(ivr.__file__).parent / "static"))
    app.extensions[EXTENSION] = house.phone
    guard = guard_of(house.centre.settings)
    if not voice.before_request_funcs:
        voice.before_request(guard)
    app.register_blueprint(voice)
    app.register_blueprint(agents_blueprint(house.floor, OutgoingCalls(house.phone), guard))
    return app


@dataclass(frozen=True)
class Stage:
    """A house and its carrier in one process, on one moved clock."""

    house: House
    switch: exchange.Switch
    rehearsal: Rehearsal


@contextmanager
def rehearse(settings: Settings, start: datetime, *, redis_url: str, seed: int = 1) -> Iterator[Stage]:
    """Compose app and exchange on a clock that stands at `start`; webhooks go over real HTTP on loopback.

    `settings` name the data folder, the database and the lines; addresses and account are chosen here.
    """
    clock = MovedClock(start)
    account = exchange.Settings(seed=seed, auth_token="rehearsal")  # noqa: S106 - both sides are in this process
    with exchange.RunningExchange(account, clock=clock, courier=exchange.SimulatedCourier(), is_live=False) as carrier:
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
        with _serving(house):
            connect_lines(carrier.switch, house.centre)
            redis = Redis.from_url(redis_url)
            work = partial(run_burst, redis, house.centre.plan)
            rehearsal = Rehearsal(clock, carrier.switch, house.centre.database, house.look, work)
            yield Stage(house, carrier.switch, rehearsal)
            redis.close()
        house.close()


@contextmanager
def _serving(house: House) -> Iterator[None]:
    """Serve the house's webhooks on a thread; one request at a time, so that a rehearsal can be repeated."""
    port = int(house.centre.settings.public_url.rsplit(":", 1)[1])
    server = create_server(create_app(house), host="127.0.0.1", port=port, threads=2)
    thread = Thread(target=server.run, daemon=True, name="webhooks")
    thread.start()
    try:
        yield
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(5)


def connect_lines(switch: exchange.Switch, centre: Centre) -> None:
    """Give the exchange every published number, as an administrator gives them to a carrier; agents answer there."""
    url = centre.settings.public_url
    for line in centre.insurers.lines():
        for number in line.numbers:
            switch.add_number(
                number,
                f"{url}/voice/incoming",
                fallback_url=f"{centre.settings.fallback_url}/fallback/{line.insurer_id}/{line.name}",
                status_callback=f"{url}/voice/status",
            )
    switch.behave("client:*", exchange.AutoAnswer(after=3.0, talk_for=None, patience=None))


@click.group()
def pult() -> None:
    """Pult: the voice side of a medical insurer."""


pult.add_command(flows_commands)


@pult.command()
@click.argument("number")
@click.option("--from", "ani", default="", help="The number that calls; withheld if left out.")
@click.option("--press", "presses", multiple=True, help='Answers the next prompt; "" is silence, "hangup" hangs up.')
@click.option("--language", default="ru", help="ru, en, or another language of the line.")
@click.option("--json", "as_json", is_flag=True, help="One event a line, for machines.")
@click.option("--fast", is_flag=True, help="On a throw-away centre whose clock is moved.")
def call(number: str, ani: str, presses: tuple[str, ...], language: str, as_json: bool, fast: bool) -> None:
    """Call NUMBER, one of the lines, and print the call line by line."""
    with TemporaryDirectory(prefix="pult-") as folder:
        environ = {**demo_settings(), **os.environ, "PULT_DATA_DIR": folder}
        settings = read_settings(environ)
        with running(free_port(), Path(folder) / "redis") as redis, rehearse(
            settings, WallClock().now(), redis_url=redis.url
        ) as stage:
            sys.exit(_call_on(stage, number, ani, presses, as_json))


def _call_on(stage: Stage, number: str, ani: str, presses: tuple[str, ...], as_json: bool) -> int:
    phone_id = stage.switch.dial(parse_phone(number).e164, parse_phone(ani).e164 if ani else "anonymous")
    telephone = RehearsedTelephone(stage.switch, phone_id, stage.rehearsal.step)
    follower = CallFollower(stage.house.centre.database, telephone.call_sid)
    flows = FlowSet.from_folder()
    names = PromptNames({id_: prompt.texts for id_, prompt in flows.prompts.items()})

    def wait(ending: Callable[[], Event | None]) -> Event | None:
        stage.rehearsal.run_until(lambda: ending() is not None, within=timedelta(seconds=5))
        return ending()

    return TerminalCall(telephone, follower, Transcript(names, as_json), Script(list(presses)), wait).run()


def main() -> None:
    """The `pult` command: errors that an administrator can mend are one line, without a stack trace."""
    try:
        pult()
    except (ConfigError, StoreError, PhoneError, exchange.ExchangeError) as error:
        click.echo(f"pult: {error}", err=True)
        sys.exit(1)
