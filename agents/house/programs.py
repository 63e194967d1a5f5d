"""What each program of a centre serves: webhooks, pages, the fallback, metrics, the workers' plan and the sweep's look.

What only one of them needs is imported where it begins, so that a restarted worker rings the phone at once.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.house.composing import compose, create_app
from config.centre import open_centre
from config.clock import WallClock
from config.database import Database
from config.due_work import WorkPlan
from config.errands import Afterwards
from config.meters import count_in
from config.settings import Settings
from ivr import reconcile

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask


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


def create_desk(settings: Settings) -> "Flask":
    """The Flask app of the pages of agents, supervisors and administrators."""
    # Its libraries take as long to load as a fifth of all the rest: no worker needs them.
    from agents.site import create_staff_app

    return create_staff_app(compose(settings, flows_are_read_late=True).floor)


def end_desk(app: "Flask") -> None:
    """End the streams of news that pages have open: a server that stops waits for nobody then."""
    from agents.site import end_streams

    end_streams(app)


def plan_of(settings: Settings) -> WorkPlan:
    """What the workers do."""
    count_in(settings.data_dir)
    return compose(settings, flows_are_read_late=True).centre.plan


def look_of(settings: Settings) -> Callable[[], object]:
    """What the sweep does, again and again."""
    count_in(settings.data_dir)
    house = compose(settings, flows_are_read_late=True)
    reconcile.appoint(house.phone)
    return house.look
