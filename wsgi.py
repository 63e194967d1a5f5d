"""The `pult` command, and what brings house and exchange together: rehearsals, and the exchange of a centre here.

What only some of its commands need is imported where they begin, so that a restarted worker rings the phone at once.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

import click

from agents.floor import Floor
from agents.house.composing import House, compose, create_app, make_ready, prepare
from agents.house.programs import (
    end_desk,
    look_of,
    plan_of,
    serve_fallback,
    serve_metrics,
    serve_pages,
    serve_webhooks,
)
from config.addresses import exchange_address, origin_of, voice_address, voice_sdk_address
from config.centre import Centre
from config.clock import MovedClock
from config.database import Base, Database
from config.errands import at_once, never
from config.errors import ConfigError, StoreError, TableError
from config.late_commands import LateCommands, run
from config.line_descriptions import Insurers
from config.lines import insurers_here, load_insurers
from config.logs import keep_off_the_terminal
from config.settings import Settings, read_centre_settings
from ivr import reconcile
from ivr.errors import PhoneError
from ivr.late_house import LateHouse
from ivr.published_numbers import published_numbers

if TYPE_CHECKING:


    from agents.house.rehearsal import Front, Rehearsal
    from ivr import exchange
    from ivr.exchange.telephones import DistantTelephone, ManyTelephones, RehearsedTelephone
    from ivr.phone_in_terminal import Event

REAL_SECONDS = 60.0
"""For what is real in a rehearsal to answer, carrier and Redis: wall time must not decide what becomes of a call."""


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
) -> Iterator[Stage]:
    """Compose app and exchange on a clock that stands at `start`; webhooks go over real HTTP on loopback.

    `settings` name the data folder, the database and the lines; addresses and account are chosen here. Without
    `redis_url` what is due is done straight from its rows, and nobody looks for what a carrier or a process has lost.
    """
    from redis import Redis

    from agents.house.rehearsal import Front, Rehearsal
    from agents.offering.offers import CHECK
    from config.due_work import JobQueue
    from config.ids import repeatable_ids
    from config.ports import free_port
    from config.workers import run_burst
    from ivr import exchange

    clock = MovedClock(start)
    account = exchange.Settings(
        seed=seed,
        auth_token="rehearsal",  # noqa: S106 - both sides are in this process
    )
    carrier_side = exchange.RunningExchange(account, clock=clock, courier=exchange.SimulatedCourier(), is_live=False)
    with repeatable_ids(seed), carrier_side as carrier:
        port = free_port()
        settings = _beside(settings, carrier.url, account, port=port, redis_url=redis_url)
        prepare(settings)
        house = compose(settings, clock, errands=at_once if redis_url else never, carrier_seconds=REAL_SECONDS)
        front = Front(create_app(house))
        # Few threads: one request at a time can be repeated.
        with exchange.ServedApp(front, port=port, threads=2, name="webhooks"):
            connect_lines(carrier.switch, settings, house.centre.insurers)
            rehearsal = Rehearsal(clock, carrier.switch, house.centre.database, house.sweep.do_all, lambda: 0)
            if not redis_url:
                # Half of all due work would be asking every half minute whether a conversation still goes on.
                house.centre.plan.handle(CHECK, JobQueue.TELEPHONE, lambda _offer_id: None)
            with ExitStack() as opened:
                if redis_url:
                    reconcile.appoint(house.phone)
                    redis = opened.enter_context(closing(Redis.from_url(redis_url)))
                    rehearsal.sweep, rehearsal.work = house.look, partial(run_burst, redis, house.centre.plan)
                yield Stage(house, carrier.switch, rehearsal, front)
        house.close()


def _beside(
    settings: Settings, carrier_url: str, account: "exchange.Settings", *, port: int, redis_url: str | None
) -> Settings:
    """The settings of a house whose carrier is in the same process."""
    return replace(
        settings,
        redis_url=redis_url or settings.redis_url,
        carrier_url=carrier_url,
        public_url=f"http://127.0.0.1:{port}",
        account_sid=account.account_sid,
        auth_token=account.auth_token,
        turn_redis_seconds=REAL_SECONDS,
    )


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
        plan=plan_of,
        sweep=look_of,
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
    from agents.terminal.agent_commands import commands_of as agent_commands
    from recordings.recordings_cli import recordings_command
    from recordings.voicemail_cli import commands_of as voicemail_commands

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
