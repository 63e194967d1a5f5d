"""The routes of the floor: the page, its live parts, the wall, and what a supervisor does there."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final, cast

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from agents.accounts.models import Role
from agents.at_work import commands
from agents.desk.top_bar import PRESENCES, reason_words
from agents.errors import AgentError
from agents.offering import moving_waits
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.parts import refused_page
from agents.staff.pushing import Parts
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.live_floor.alarms import Alarm
from agents.supervisor.live_floor.listening_pages import bar
from agents.supervisor.live_floor.snapshots import Snapshot, Snapshots
from agents.supervisor.live_floor.state import FloorNow, Stage, floor_now
from agents.supervisor.words import title_words
from config.centre import Centre
from config.line_descriptions import EMERGENCY_QUEUE
from config.settings import dial_prefixes
from ivr.diversions import VOICEMAIL, Diversion, divert, to_number
from ivr.line_notices import NoticeKind, NoticeRefused, Place, Refusal, announce, place_in, take_down

bp: Final = Blueprint("floor", __name__, url_prefix="/floor")
EXTENSION: Final = "pult_floor"

_WALL: Final = ("wall", "wall_waiting")
_PARTS: Final = ("now", "waiting", *_WALL)
_LONGEST_TEXT: Final = 600
_MOST_MINUTES: Final = 7 * 24 * 60
_STAGES: Final[Mapping[Stage, LazyString]] = {
    Stage.IN_MENU: lazy_gettext("in the menu"),
    Stage.WAITING: lazy_gettext("waits, nobody has answered"),
    Stage.TO_DUTY: lazy_gettext("the duty number is being called"),
    Stage.AT_DUTY: lazy_gettext("with the duty number"),
}
_SPOKEN: Final[Mapping[str, LazyString]] = {
    "ru": lazy_gettext("Words in Russian"),
    "en": lazy_gettext("Words in English"),
    "uz": lazy_gettext("Words in Uzbek"),
    "tg": lazy_gettext("Words in Tajik"),
    "ky": lazy_gettext("Words in Kyrgyz"),
}
_REFUSALS: Final[Mapping[Refusal, LazyString]] = {
    Refusal.NO_PLACE: lazy_gettext("There is no such line or queue."),
    Refusal.NO_TEXT: lazy_gettext("An announcement needs its Russian words."),
    Refusal.TOO_LONG: lazy_gettext("These words take more than twenty seconds to say. Shorten them."),
    Refusal.ENDED: lazy_gettext("This would end before it begins."),
    Refusal.TAKEN: lazy_gettext("Somebody has just put up another one there. Look at it first."),
    Refusal.NO_NUMBER: lazy_gettext("This is no telephone number that can be dialled, or it has an extension."),
    Refusal.NOT_DIALLED: lazy_gettext("Callers are sent only to numbers that begin like those that agents may dial."),
    Refusal.NO_TARGET: lazy_gettext("Say where to: type a number, or choose where calls of the queue go."),
    Refusal.LINE_TO_NUMBER: lazy_gettext("A line is diverted to a telephone number: type it."),
    Refusal.EMERGENCY: lazy_gettext("Emergencies are never diverted, and nobody is diverted to their queue."),
    Refusal.ANONYMOUS: lazy_gettext("Callers of this queue are anonymous: no message of theirs is recorded."),
    Refusal.CIRCLE: lazy_gettext("That queue leads back to this one."),
}
_ALARMS: Final[Mapping[Alarm, LazyString]] = {
    Alarm.EMERGENCY_WAITS: lazy_gettext("An emergency waits"),
    Alarm.EMERGENCY_AT_DUTY: lazy_gettext("Nobody in the house took an emergency: it went to the duty number"),
    Alarm.EMERGENCY_DROPPED: lazy_gettext("An emergency broke off: ring back"),
    Alarm.NOBODY_AT_WORK: lazy_gettext("Nobody is at work for an open queue"),
    Alarm.WAIT_TOO_LONG: lazy_gettext("Somebody waits too long"),
    Alarm.RECORDING_FAILED: lazy_gettext("Recordings could not be fetched"),
    Alarm.EVENTS_GIVEN_UP: lazy_gettext("Another system does not take our events: tell the administrator"),
}


def snapshots_of(centre: Centre) -> Snapshots:
    """What the site keeps for its floor pages."""

    def look(insurer_id: str) -> FloorNow:
        with centre.database.reading("floor_now") as tx:
            return floor_now(tx, centre, centre.insurers[insurer_id], at=centre.clock.now())

    return Snapshots(look)


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """The whole page."""
    insurer, tongue = own_insurer(), language()
    return render_template(
        "supervisor/floor.html",
        now_part=_part("now"),
        waiting_part=_part("waiting"),
        listening=bar(),
        is_wall=False,
        lines=[(one.name, one.title[tongue]) for one in insurer.lines.values()],
        queues=[(one.name, one.title[tongue]) for one in insurer.queues.values()],
        movable=_movable(),
        spoken=[
            (code, _SPOKEN.get(code) or gettext("Words, %(language)s", language=code)) for code in insurer.languages
        ],
    )


@bp.get("/wall")
@only_for(Role.SUPERVISOR)
def wall() -> ResponseReturnValue:
    """The same for a big screen: larger, and with nothing to press."""
    now, waiting = (_part(name) for name in _WALL)
    return render_template("supervisor/floor.html", now_part=now, waiting_part=waiting, listening="", is_wall=True)


@bp.get("/parts/<name>")
@only_for(Role.SUPERVISOR)
def part(name: str) -> ResponseReturnValue:
    """A live part, anew: `now`, `waiting`, or the wall's two."""
    return _part(name) if name in _PARTS else abort(404)


@bp.post("/presence")
@only_for(Role.SUPERVISOR)
def presence() -> ResponseReturnValue:
    """Have an agent come, or go away for a reason; a call or wrap-up is not broken off."""
    code, wanted = request.form.get("agent", ""), request.form.get("presence", "")
    whom = {"insurer_id": staff().insurer_id, "code": code, "by": actor()}
    try:
        if wanted == "available":
            commands.become_available(side().floor, **whom)
        elif wanted in own_insurer().away_reasons:
            commands.go_away(side().floor, **whom, reason=wanted)
        else:
            abort(400)
    except AgentError:
        return refused_page(lazy_gettext("This agent has a call, or writes one down."))
    return _done()


@bp.post("/waits/up")
@only_for(Role.SUPERVISOR)
def move_up() -> ResponseReturnValue:
    """Let a caller be the next."""
    wait_id = request.form.get("wait", "")
    try:
        moving_waits.move_up(side().floor, insurer_id=staff().insurer_id, wait_id=wait_id, by=actor())
    except AgentError:
        return refused_page(lazy_gettext("This caller does not wait any more."))
    return _done()


@bp.post("/waits/move")
@only_for(Role.SUPERVISOR)
def move() -> ResponseReturnValue:
    """Let another queue serve a caller."""
    wait_id, queue = request.form.get("wait", ""), request.form.get("queue", "")
    try:
        moving_waits.move_to_queue(
            side().floor, insurer_id=staff().insurer_id, wait_id=wait_id, queue=queue, by=actor()
        )
    except AgentError:
        why = lazy_gettext("This caller cannot go to that queue now: it is closed, or they wait no more.")
        return refused_page(why)
    return _done()


@bp.post("/waits/release")
@only_for(Role.SUPERVISOR)
def release() -> ResponseReturnValue:
    """Take a caller out of the queue, to where the flow leads those who have waited too long."""
    wait_id = request.form.get("wait", "")
    try:
        moving_waits.release(side().floor, insurer_id=staff().insurer_id, wait_id=wait_id, by=actor())
    except AgentError:
        return refused_page(lazy_gettext("This caller does not wait any more."))
    return _done()


@bp.post("/notices")
@only_for(Role.SUPERVISOR)
def put_up() -> ResponseReturnValue:
    """Put an announcement up on a line or queue, or divert it."""
    now = side().centre.clock.now()
    minutes = request.form.get("minutes", "")
    if minutes and not (minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:6]) <= _MOST_MINUTES):
        return refused_page(lazy_gettext("Minutes are a whole number, up to seven days."), 400)
    until = now + timedelta(minutes=int(minutes)) if minutes else None
    try:
        with side().centre.database.transaction("put_up_notice") as tx:
            place = _place()
            if request.form.get("kind") == NoticeKind.DIVERSION:
                divert(tx, insurer=own_insurer(), place=place, to=_diversion(place), by=actor(), at=now, until=until)
            else:
                text = {one: request.form.get(f"text_{one}", "")[:_LONGEST_TEXT] for one in own_insurer().languages}
                announce(tx, place=place, text=text, by=actor(), at=now, until=until)
    except NoticeRefused as refusal:
        return refused_page(_REFUSALS[refusal.why])
    return _done()


@bp.post("/notices/down")
@only_for(Role.SUPERVISOR)
def take_down_notice() -> ResponseReturnValue:
    """Take down what hangs at a line or queue, of one kind."""
    kind = request.form.get("kind", "")
    if kind not in list(NoticeKind):
        abort(400)
    with side().centre.database.transaction("take_down_notice") as tx:
        place = _place()
        take_down(tx, place=place, by=actor(), at=side().centre.clock.now(), kind=NoticeKind(kind))
    return _done()


def _place() -> Place:
    kind, _, name = request.form.get("place", "").partition(":")
    try:
        return place_in(own_insurer(), name, is_queue=kind == "queue")
    except NoticeRefused:
        abort(400)


def _diversion(place: Place) -> Diversion:
    """To a number that is typed; else, from a queue, to where was chosen."""
    if number := request.form.get("number", "")[:40].strip():
        return to_number(number, begins=dial_prefixes(side().centre.settings))
    to = "" if place.queue is None else request.form.get("to", "")
    if to not in (str(VOICEMAIL), *(str(Diversion(queue=name)) for name in own_insurer().queues)):
        why = Refusal.LINE_TO_NUMBER if place.queue is None else Refusal.NO_TARGET
        raise NoticeRefused(why, "a diversion to nowhere")
    return Diversion.read(to)


def _done() -> Response:
    """Whoever did it sees it at once; their script asks for the parts anew."""
    _snapshots().forget(staff().insurer_id)
    return Response(status=204)


def _snapshots() -> Snapshots:
    return cast(Snapshots, current_app.extensions[EXTENSION])


def _part(name: str, since: float = 0.0) -> str:
    """A part as this reader reads it: made once a tick for everybody of one language and zone. Nothing of a reader's
    own stands in it: the form token is sent by the page's script.
    """
    snapshot = _snapshots().of(staff().insurer_id, since)
    return snapshot.page((name, language(), str(zone())), lambda: _rendered(name, snapshot))


def _rendered(name: str, snapshot: Snapshot) -> str:
    insurer, tongue = own_insurer(), language()
    return render_template(
        f"supervisor/floor_{'waiting' if name.endswith('waiting') else 'now'}.html",
        floor=snapshot.floor,
        at=snapshot.floor.at,
        is_wall=name in _WALL,
        part_name=name,
        alarm_words=_ALARMS,
        stage_words=_STAGES,
        presences=PRESENCES,
        reason_words=lambda code: reason_words(insurer, code or "", tongue),
        away_reasons=[(code, words.get(tongue) or words["ru"]) for code, words in insurer.away_reasons.items()],
        title_words=title_words(insurer, tongue),
        movable=_movable(),
        open_queues={one.name for one in snapshot.floor.queues if one.is_open},
    )


def _movable() -> list[tuple[str, str]]:
    """The queues from which and to which callers may be sent; their names and titles."""
    queues = own_insurer().queues.values()
    return [(one.name, one.title[language()]) for one in queues if not one.is_anonymous and one.name != EMERGENCY_QUEUE]


PUSHED: Final[Parts] = {f"{bp.url_prefix}/parts/{name}": partial(_part, name) for name in _PARTS}
"""The live parts, of which every page that is open is sent what is new."""
