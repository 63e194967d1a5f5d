"""The staff site's app: guard, languages, headers, failures, and the pages of every package."""

from typing import Any, Final

from flask import Flask, g
from jinja2 import StrictUndefined
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from agents.accounts.models import Role
from agents.accounts.single_sign_on import SingleSignOn, provider_of
from agents.api.site import MOUNT, create_api
from agents.desk import asking_pages as desk_asking
from agents.desk import insured_pages as insured
from agents.desk import pages as desk
from agents.desk import recording_pages as desk_recording
from agents.desk import request_pages as requests
from agents.desk import telephone_pages as desk_telephone
from agents.desk import work_pages as work
from agents.desk import wrap_up_pages as wrap_up
from agents.desk.telephones import signal_origins
from agents.floor import Floor
from agents.quality import calibration_pages as calibration
from agents.quality import own_pages as own_quality
from agents.quality import parts as quality_parts
from agents.quality import quality_pages as quality
from agents.quality import scoring_pages as scoring
from agents.staff import cookies, entrance, home, news, single_sign_on
from agents.staff.entrance import AT_A_DESK
from agents.staff.failures import add_failures
from agents.staff.formats import add_filters
from agents.staff.forms import FIELD, form_token
from agents.staff.guarding import guard
from agents.staff.headers import add_headers
from agents.staff.languages import LANGUAGES, language, speak
from agents.staff.side import EXTENSION, StaffSide, side
from agents.staff.streams import Streams
from agents.staff.words import role_words
from agents.supervisor import act_pages as acts
from agents.supervisor import export_pages as exports
from agents.supervisor import keeping_pages as keeping
from agents.supervisor.audit import pages as audit
from agents.supervisor.breach import pages as breach
from agents.supervisor.call_log import pages as calls
from agents.supervisor.live_floor import listening_pages as listening
from agents.supervisor.live_floor import pages as floor_page
from agents.supervisor.one_call import pages as call
from agents.supervisor.one_call import recording_pages as recordings
from agents.supervisor.reports import funnel_pages as funnel
from agents.supervisor.reports import report_pages as reports
from agents.supervisor.reports import staffing_pages as staffing
from config.centre import Centre
from config.line_descriptions import Insurer
from config.settings import desk_threads
from config.web_server import MAX_BODY_BYTES

_BLUEPRINTS: Final = (
    *(entrance.bp, single_sign_on.bp, home.bp, news.bp),
    *(desk.bp, desk_asking.bp, desk_telephone.bp, desk_telephone.softphone),
    *(wrap_up.bp, requests.bp, work.bp, insured.bp),
    *(desk_recording.bp, recordings.bp),
    *(floor_page.bp, listening.bp, calls.bp, exports.bp, call.bp, keeping.bp, acts.bp, audit.bp, breach.bp),
    *(reports.bp, funnel.bp, staffing.bp),
    *(quality.bp, scoring.bp, calibration.bp, own_quality.bp),
)
"""Every package's pages: a new one is put here."""

API: Final = "pult_api"
"""Where the app keeps the API's, which stands beside it."""

# A stream takes a thread for as long as its browser is open; these stay for everything else.
_FOR_PAGES: Final = 24


def create_staff_app(floor: Floor) -> Flask:
    """The site of everybody who works here, at `PULT_DESK_URL`; streams of news run in it, so webhooks never do."""
    settings = floor.centre.settings
    streams = Streams(floor.centre, most=max(1, desk_threads(settings) - _FOR_PAGES))
    site = StaffSide(floor, settings.desk_url, streams, floor_page.PUSHED, _single_sign_on(floor.centre))
    app = Flask("agents.staff")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, SEND_FILE_MAX_AGE_DEFAULT=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    app.extensions[EXTENSION] = site
    app.extensions[quality_parts.EXTENSION] = quality_parts.cards_of(floor.centre)
    app.extensions[floor_page.EXTENSION] = floor_page.snapshots_of(floor.centre)
    _mount_api(app, create_api(floor.centre, is_https=site.is_https))
    _trust_proxies(app, int(settings.named.get("PULT_DESK_PROXIES", "0")))
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    guard(app)
    connect_to = (*signal_origins(settings), *settings.named.get("PULT_DESK_CONNECT", "").split())
    add_headers(app, is_https=site.is_https, connect_to=connect_to)
    app.after_request(cookies.keep_form_seed)
    speak(app)
    add_filters(app)
    add_failures(app)
    app.context_processor(_for_every_page)
    return app


def end_streams(app: Flask) -> None:
    """Close every page's stream of news; the pages try another process, or this one when it is up again."""
    site: StaffSide = app.extensions[EXTENSION]
    site.streams.stop()


def _for_every_page() -> dict[str, Any]:
    who = g.get("staff")
    insurers = side().centre.insurers
    return {
        "staff": who,
        "insurer": insurers[who.insurer_id] if who else None,
        "insurer_title": _title,
        "is_supervisor": who is not None and Role.SUPERVISOR in who.roles,
        "may_audit": who is not None and not who.roles.isdisjoint(audit.READERS),
        "may_search": who is not None and not who.roles.isdisjoint(AT_A_DESK),
        "own_insurers": [insurers[one] for one in who.insurer_ids] if who else [],
        "language": language(),
        "languages": LANGUAGES,
        "form_field": FIELD,
        "form_token": form_token,
        "now": side().centre.clock.now(),
        "role_words": role_words,
        "has_single_sign_on": side().single_sign_on is not None,
    }


def _single_sign_on(centre: Centre) -> SingleSignOn | None:
    provider = provider_of(centre.settings)
    if provider is None:
        return None
    return SingleSignOn(provider, centre.clock, return_url=f"{centre.settings.desk_url}/sign-in/company/return")


def _title(insurer: Insurer) -> str:
    return str(insurer.title[language()])


def _mount_api(app: Flask, api: Flask) -> None:
    """An app of its own: sessions, form tokens and pages have no part in it."""
    app.extensions[API] = api
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {MOUNT: api})  # type: ignore[method-assign]


def _trust_proxies(app: Flask, count: int) -> None:
    """Behind proxies the caller's address stands in their header; without, that header is a stranger's word."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=0, x_host=0)  # type: ignore[method-assign]
