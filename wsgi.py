"""Composes the app from its packages: for web servers, workers, the sweep and rehearsals; and the `pult` command.

What only some of these need is imported where they begin, so that a restarted worker rings the phone at once.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

import click

import agents.api.models
import agents.quality.models
import agents.supervisor.models  # noqa: F401
import recordings.models  # noqa: F401 - with the other packages' below: the migrations must see every table
from agents.callbacks import OwedCalls
from agents.floor import Floor
from agents.listening import Listener
from agents.news_told import TOLD
from agents.upkeep import keep_up
from agents.wiring import ports, wire
from config.addresses import exchange_address, origin_of, voice_address, voice_sdk_address
from config.audit_chain import seal_new
from config.centre import Centre, open_centre
from config.clock import Clock, MovedClock, WallClock
from config.database import Base, Database
from config.due_work import WorkPlan
from config.errands import Afterwards, Errands, at_once, never
from config.errors import ConfigError, StoreError, TableError
from config.job_queues import JobQueues
from config.late_commands import LateCommands, run
from config.line_descriptions import Insurers
from config.lines import insurers_here, load_insurers
from config.logs import keep_off_the_terminal
from config.meters import count_in
from config.news import Announcer
from config.schema_version import prepare as prepare_database
from config.settings import Settings, read_centre_settings
from config.sweep import Sweep
from flows import Finding, FlowSet
from ivr import reconcile
from ivr import wiring as ivr_wiring
from ivr.carrier.twilio_adapter import TwilioCarrier
from ivr.errors import PhoneError
from ivr.flow_library import install_flows
from ivr.late_house import LateHouse
from ivr.packs.deliveries import deliveries_of
from ivr.phone_side import PhoneSide
from ivr.published_numbers import published_numbers
from recordings.conversations import Conversations
from recordings.keeping import Keeping
from recordings.pauses import Pauses
from recordings.retention import Retention
from recordings.voicemail import Messages

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask

    from agents.rehearsal import Front, Rehearsal
    from ivr import exchange
    from ivr.exchange.telephones import DistantTelephone, ManyTelephones, RehearsedTelephone
    from ivr.phone_in_terminal import Event


@dataclass(frozen=True)
class House:
    """Everything composed, once a process."""

    centre: Centre
    floor: Floor
    phone: PhoneSide
    voicemail: Messages
    keeping: Keeping
    conversations: Conversations
    job_queues: JobQueues
    sweep: Sweep
    listener: Listener

    def look(self) -> int:
        """One look of the sweep: derive what is missing, then hurry along what is due."""
        keep_up(self.centre)
        self.keeping.keep_up()
        due = self.sweep.once()
        seal_new(self.centre)
        return due

    def close(self) -> None:
        """Let go of the database."""
        self.centre.database.close()


def prepare(settings: Settings) -> None:
    """Bring the database to this program's version. Raises StoreUnavailable in words for an administrator."""
    prepare_database(settings, Base.metadata)


def make_ready(settings: Settings) -> None:
    """Prepare the database and install the flows, before several programs start that would each prove them."""
    prepare(settings)
    compose(settings, flows_are_read_late=True).close()


def compose(
    settings: Settings,
    clock: Clock | None = None,
    *,
    flows_are_read_late: bool = False,
    errands: Errands = at_once,
) -> House:
    """Compose the centre; the database must have been prepared. Raises ConfigError, StoreError or FlowsBroken.

    With `flows_are_read_late` they are read when a call asks for them, for programs that answer no calls.
    """
    clock = clock or WallClock()
    centre = open_centre(settings, clock)
    database, plan = centre.database, centre.plan
    carrier = TwilioCarrier(
        base_url=settings.carrier_url, account_sid=settings.account_sid, auth_token=settings.auth_token
    )
    floor = Floor(centre, carrier)
    voicemail = Messages(centre, partial(OwedCalls(centre).plan, keep_place=False))
    keeping, conversations = Keeping(centre, carrier), Conversations(centre, carrier)
    flows = install_flows(centre, _proved, are_read_late=flows_are_read_late)
    deliveries = deliveries_of(settings, centre.insurers, clock)
    phone = PhoneSide(centre, carrier, flows, ports(floor, voicemail), deliveries)
    url, patience = settings.redis_url, settings.turn_redis_seconds
    job_queues = JobQueues(url, plan, clock, timeout_seconds=patience, errands=errands)
    database.after_commit(job_queues.hurry_scheduled)
    Announcer(url, TOLD, timeout_seconds=patience, errands=errands).watch(database)
    for one in (keeping, conversations, Pauses(centre, carrier), Retention(centre)):
        one.wire(plan)
    ivr_wiring.wire(plan, phone)
    sweep = Sweep(database, clock, plan, job_queues)
    listener = wire(plan, floor)
    return House(centre, floor, phone, voicemail, keeping, conversations, job_queues, sweep, listener)


def _proved(flows: FlowSet) -> Sequence[Finding]:
    """Only a version that was never installed here is proved, once."""
    from flows.checks import prove

    return prove(flows)


def create_app(house: House) -> "Flask":
    """The Flask app of the carrier's webhooks, each behind the signature check."""
    from agents.web import OutgoingCalls as CallsPlaced
    from agents.web import blueprint as agents_blueprint
    from recordings.web import blueprint as recordings_blueprint

    app = ivr_wiring.create_app(house.phone)
    # A model's column is a descriptor, which no protocol's plain attribute matches for the type checker.
    outgoing = cast(CallsPlaced, ivr_wiring.outgoing(house.phone))
    guard = ivr_wiring.guard(house.phone)
    app.register_blueprint(agents_blueprint(house.floor, outgoing, guard))
    app.register_blueprint(recordings_blueprint(house.conversations, guard))
    return app


def create_desk(settings: Settings) -> "Flask":
    """The Flask app of the pages of agents, supervisors and administrators."""
    # Its libraries take as long to load as a fifth of all the rest: no worker needs them.
    from agents.staff.site import create_staff_app

    return create_staff_app(compose(settings, flows_are_read_late=True).floor)


def end_desk(app: "Flask") -> None:
    """End the streams of news that pages have open: a server that stops waits for nobody then."""
    from agents.staff.site import end_streams

    end_streams(app)


def serve_webhooks(settings: Settings) -> "Flask":
    """What a process of the web server serves: the webhooks, measured, and its probes.

    Without Redis it takes calls all the same, and the sweep does the telephone work: no reason to send callers away.
    """
    from config.probes import Checks, add_probes, database_checks, redis_check

    count_in(settings.data_dir)
    house = compose(settings, errands=Afterwards())
    app = create_app(house)
    checks = Checks(database_checks(house.centre.database), redis_check(settings.redis_url))
    add_probes(app, checks)
    return app


def serve_pages(settings: Settings) -> "Flask":
    """What a process of the desk serves: the pages and its probes. Without Redis no page hears any news."""
    from config.probes import Checks, add_probes, database_checks, redis_check

    count_in(settings.data_dir)
    app = create_desk(settings)
    # For the probes alone: the pages' own connections are their app's.
    needed = {**database_checks(Database(settings.database_url)), **redis_check(settings.redis_url)}
    add_probes(app, Checks(needed, {}))
    return app


def serve_fallback(settings: Settings) -> "WSGIApplication":
    """The fallback and its probes: it needs nothing but itself."""
    from config.probes import NOTHING, probed
    from ivr.fallback import fallback_of

    return probed(fallback_of(settings), NOTHING)


def serve_metrics(settings: Settings) -> "WSGIApplication":
    """What Prometheus asks for, and probes."""
    from agents.metrics.serving import metrics_app
    from config.addresses import metrics_token
    from config.probes import Checks, database_checks, probed, redis_check

    centre = open_centre(settings, WallClock())
    app = metrics_app(centre, token=metrics_token(settings))
    # It tells of what is away, and is there for that.
    useful = {**database_checks(centre.database), **redis_check(settings.redis_url)}
    return probed(app, Checks({}, useful))


@dataclass(frozen=True)
class Stage:
    """A house and its carrier in one process, on one moved clock; webhooks come in by the front."""

    house: House
    switch: "exchange.Switch"
    rehearsal: "Rehearsal"
    front: "Front"

    is_live: bool = False

    @property
    def centre(self) -> Centre:
        """The house's centre."""
        return self.house.centre

    @property
    def database(self) -> Database:
        """Where the log of the calls is."""
        return self.house.centre.database

    def dial(self, to: str, ani: str) -> "RehearsedTelephone":
        """Call a line; the call goes on as its events are asked for."""
        from ivr.exchange.telephones import RehearsedTelephone

        return RehearsedTelephone(self.switch, self.switch.dial(to, ani), self.rehearsal.step)

    def wait_for(self, ending: "Callable[[], Event | None]", *, within: timedelta) -> "Event | None":
        """What `ending` finds within that much moved time."""
        self.rehearsal.run_until(lambda: ending() is not None, within=within)
        return ending()

    @property
    def floor(self) -> Floor:
        """The agents' side, and the centre with it."""
        return self.house.floor

    @cached_property
    def telephones(self) -> "ManyTelephones":
        """Every telephone at the carrier."""
        from ivr.exchange.telephones import ManyTelephones

        return ManyTelephones(self.switch)


@contextmanager
def rehearse(
    settings: Settings,
    start: datetime,
    *,
    redis_url: str | None,
    seed: int = 1,
    most_recorded_seconds: float | None = None,
) -> Iterator[Stage]:
    """Compose app and exchange on a clock that stands at `start`; webhooks go over real HTTP on loopback.

    `settings` name the data folder, the database and the lines; addresses and account are chosen here. Without
    `redis_url` what is due is done straight from its rows, and nobody looks for what a carrier or a process has lost.
    Where many calls are to take little room, the carrier ends most recordings after `most_recorded_seconds`.
    """
    from redis import Redis

    from agents.rehearsal import Front, Rehearsal
    from config.ids import repeatable_ids
    from config.ports import free_port
    from config.workers import run_burst
    from ivr import exchange

    clock = MovedClock(start)
    account = exchange.Settings(
        seed=seed,
        auth_token="rehearsal",  # noqa: S106 - both sides are in this process
        most_recorded_seconds=most_recorded_seconds,
    )
    carrier_side = exchange.RunningExchange(account, clock=clock, courier=exchange.SimulatedCourier(), is_live=False)
    with repeatable_ids(seed), carrier_side as carrier:
        port = free_port()
        settings = replace(
            settings,
            redis_url=redis_url or settings.redis_url,
            carrier_url=carrier.url,
            public_url=f"http://127.0.0.1:{port}",
            account_sid=account.account_sid,
            auth_token=account.auth_token,
            # Wall time must not decide whether a job is seen: here the turn waits for Redis as long as it takes.
            turn_redis_seconds=5.0,
        )
        prepare(settings)
        house = compose(settings, clock, errands=at_once if redis_url else never)
        front = Front(create_app(house))
        # Few threads: one request at a time can be repeated.
        with exchange.ServedApp(front, port=port, threads=2, name="webhooks"):
            connect_lines(carrier.switch, settings, house.centre.insurers)
            rehearsal = Rehearsal(clock, carrier.switch, house.centre.database, house.sweep.do_all, lambda: 0)
            with ExitStack() as opened:
                if redis_url:
                    reconcile.appoint(house.phone)
                    redis = opened.enter_context(closing(Redis.from_url(redis_url)))
                    rehearsal.sweep, rehearsal.work = house.look, partial(run_burst, redis, house.centre.plan)
                yield Stage(house, carrier.switch, rehearsal, front)
        house.close()


def load_demo(centre: Centre) -> None:
    """Load the demo's people, and its agents with their shifts, of the insurers that the centre has."""
    from agents.demo import load_demo as load

    load(centre)


def connect_lines(switch: "exchange.Switch", settings: Settings, insurers: Insurers) -> None:
    """Give the exchange every published number, as an administrator gives them to a carrier; agents answer there."""
    from ivr import exchange

    for it in published_numbers(settings, insurers):
        switch.add_number(
            it.number,
            it.voice_url,
            fallback_url=it.fallback_url,
            status_callback=it.status_url,
            friendly_name=it.title,
        )
    switch.behave("client:*", exchange.AutoAnswer(after=3.0, talk_for=None, patience=None))


def serve_exchange(settings: Settings) -> None:
    """Serve the exchange until told to stop: every line's number rings at the centre of `settings`."""
    from ivr import exchange

    address = exchange_address(settings)
    account = exchange.Settings(
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        ringing_delay_seconds=settings.number("PULT_EXCHANGE_RINGING_MS", default=200, least=0, most=60_000) / 1000,
        api_keys=((settings.api_key_sid, settings.api_key_secret),) if settings.api_key_secret else (),
        applications=((settings.application_sid, f"{settings.public_url}/voice/outgoing"),),
        desk_origins=(origin_of(settings.desk_url),),
    )
    voice, sdk = voice_address(settings), voice_sdk_address(settings)
    carrier = exchange.RunningExchange(
        account,
        host=address.host,
        port=address.port,
        voice_port=voice.port if voice else 0,
        sdk_port=sdk.port if sdk else None,
    )
    connect_lines(carrier.switch, settings, load_insurers(settings))
    exchange.serve(carrier)


def _plan(settings: Settings) -> WorkPlan:
    count_in(settings.data_dir)
    return compose(settings, flows_are_read_late=True).centre.plan


def _look(settings: Settings) -> Callable[[], object]:
    count_in(settings.data_dir)
    house = compose(settings, flows_are_read_late=True)
    reconcile.appoint(house.phone)
    return house.look


def dial(settings: Settings, to: str, ani: str) -> "DistantTelephone":
    """Call a line of the centre that runs here, whose carrier must be the exchange."""
    from ivr import exchange
    from ivr.exchange.telephones import DistantTelephone

    return DistantTelephone(exchange.Phone.dial(settings.carrier_url, to, ani))


centre_settings = partial(read_centre_settings, os.environ)
lines_here = partial(insurers_here, os.environ)


def is_up(settings: Settings) -> bool:
    """Whether the exchange of the centre with these settings answers: calls can be placed."""
    from ivr import exchange

    is_local = settings.carrier_url.startswith("http://") and settings.account_sid
    return bool(is_local) and exchange.account_at(settings.carrier_url) == settings.account_sid


def composed() -> House:
    """The house of the centre here, for one command; migrates a database that is older than this program."""
    settings = centre_settings()
    prepare(settings)
    return compose(settings, flows_are_read_late=True)


@click.group(cls=LateCommands)
@click.pass_context
def pult(context: click.Context) -> None:
    """Pult: the voice side of a medical insurer."""
    keep_off_the_terminal()
    context.obj = LateHouse(lambda: composed().centre, lines_here)


@pult.late("demo", "call")
def _calling() -> Iterable[click.Command]:
    from agents.demo import demo_command, rehearsed, throw_away
    from ivr.call_command import Centres, call_command

    centres = Centres(
        settings=centre_settings,
        is_up=is_up,
        dial=dial,
        insurers=lines_here,
        throw_away=partial(throw_away, make_ready, dial),
        rehearsed=partial(rehearsed, rehearse),
    )
    return demo_command(make_ready, dial), call_command(centres)


@pult.late("serve")
def _serving() -> Iterable[click.Command]:
    from config.serve_commands import Programs, serve_commands

    programs = Programs(
        settings=centre_settings,
        web=serve_webhooks,
        desk=serve_pages,
        end_desk=end_desk,
        fallback=serve_fallback,
        metrics=serve_metrics,
        plan=_plan,
        sweep=_look,
        exchange=serve_exchange,
    )
    return (serve_commands(programs),)


@pult.late("migrate", "backup", "restore", "audit")
def _keeping() -> Iterable[click.Command]:
    from agents.supervisor.breach.cli import breach_command
    from config.audit_commands import audit_commands
    from config.backup_commands import backup_commands
    from config.migrate_command import migrate_command

    (audit,) = audit_commands(centre_settings)
    audit.add_command(breach_command(lambda: composed().centre))
    return migrate_command(centre_settings, Base.metadata), *backup_commands(centre_settings), audit


@pult.late("flows")
def _flows() -> Iterable[click.Command]:
    from flows.cli import flows

    return (flows,)


@pult.late("prompts")
def _prompts() -> Iterable[click.Command]:
    from config.settings import flows_dir_of, named_values
    from ivr.exchange.voice.speech import find_engines
    from ivr.packs.cli import Places, prompts_command
    from ivr.packs.pack import packs_dir

    def places() -> Places:
        named = named_values(os.environ)
        return Places(packs_dir(named), flows_dir_of(named))

    return (prompts_command(places, lambda language: find_engines().for_language(language)),)


@pult.late("calls", "line", "request", "insured")
def _phone_side() -> Iterable[click.Command]:
    from ivr.cli import calls, line
    from ivr.insured.cli import insured
    from ivr.request_cli import request

    return calls, line, request, insured


@pult.late("token", "webhook")
def _other_systems() -> Iterable[click.Command]:
    from agents.api.cli import token_command
    from agents.webhooks.cli import webhook_command

    return token_command(lambda: composed().centre), webhook_command(lambda: composed().centre)


@pult.late("account", "agent", "queue", "shifts", "voicemail", "recordings")
def _above() -> Iterable[click.Command]:
    from agents.accounts.cli import account_command
    from agents.cli import commands_of as agent_commands
    from recordings.cli import commands_of as voicemail_commands
    from recordings.recordings_cli import recordings_command

    recordings_group = recordings_command(lambda: composed().centre)
    account = account_command(lambda: composed().centre)
    voicemail = voicemail_commands(lambda: composed().centre)
    return account, *agent_commands(lambda: composed().floor), *voicemail, recordings_group


@pult.late("score-cards")
def _quality() -> Iterable[click.Command]:
    from agents.quality.cli import score_cards_command
    from config.settings import named_values, score_cards_dir_of

    return (score_cards_command(lines_here, lambda: score_cards_dir_of(named_values(os.environ))),)


@pult.late("journal")
def _reporting() -> Iterable[click.Command]:
    from agents.supervisor.journal.cli import journal_command

    return (journal_command(lambda: composed().centre),)


@pult.late("history")
def _past() -> Iterable[click.Command]:
    from agents.history.command import history_command

    return (history_command(centre_settings, prepare, rehearse),)


@pult.late("bench")
def _measuring() -> Iterable[click.Command]:
    from agents.bench.command import bench_command
    from agents.bench.throw_away import Builder

    return (bench_command(Builder(prepare, compose)),)


def main() -> None:
    """The `pult` command: errors that an administrator can mend are one line, without a stack trace."""
    run(pult, _told_errors)


def _told_errors() -> Sequence[type[Exception]]:
    """Those whose text is for an administrator; asked for when one has come."""
    from sqlalchemy.exc import OperationalError

    from ivr.exchange import ExchangeError

    return ConfigError, StoreError, TableError, PhoneError, ExchangeError, OperationalError


if __name__ == "__main__":
    main()
