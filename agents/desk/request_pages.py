"""The routes of requests: the part of the desk, and what an agent does with them from the card."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.at_work import caller_requests
from agents.at_work.caller_requests import Means, NobodyToTell, NotCovered, OnCall
from agents.desk.request_words import due_words, kind_words, promise_words, step_words
from agents.desk.requests_card import RequestsCard, requests_card
from agents.errors import ChangedMeanwhile, NothingToDo, OutOfSight
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.parts import part, refused_page
from agents.staff.side import own_insurer, side, staff
from ivr.calls.booking import Appointment
from ivr.calls.errors import AppointmentRefused, RequestUnknown, StepRefused

bp: Final = Blueprint("requests", __name__, url_prefix="/desk/calls/<call_id>/requests", template_folder="templates")

_LONGEST: Final = 200

_NOT_GRANTED: Final = lazy_gettext(
    "The policy does not grant this now: nobody is identified, the limit is used, or there is no first opinion."
)
_NOT_BOOKED: Final = lazy_gettext(
    "It cannot be booked: the time must lie ahead and the cover be certain on that day, or you answer for it."
)
_REFUSALS: Final = (
    (ChangedMeanwhile, lazy_gettext("This has moved on meanwhile. Look at it again.")),
    (NobodyToTell, lazy_gettext("No telephone of the insured is known.")),
    (NothingToDo, lazy_gettext("This call is not yours any more.")),
    (OutOfSight, lazy_gettext("This caller may not ask for that, or nobody is identified yet.")),
    (NotCovered, _NOT_GRANTED),
    (StepRefused, lazy_gettext("This step cannot follow.")),
    (RequestUnknown, lazy_gettext("The insurer takes no such requests.")),
    (AppointmentRefused, _NOT_BOOKED),
)


@bp.before_request
def _needs_an_agent() -> None:
    """A supervisor may take calls too, if there is an agent's row for it."""
    if staff().agent_id is None:
        abort(403)


@bp.get("")
@only_for(*AT_A_DESK)
def show(call_id: str) -> ResponseReturnValue:
    """The requests in sight, and what may be done with them."""
    insurer = own_insurer()
    return part(
        "desk/caller_requests.html",
        gettext("Open requests"),
        card=_card(call_id),
        rules=insurer.requests,
        due_words=lambda at: due_words(at, insurer),
        kind_words=kind_words,
        promise_words=promise_words,
        service_words=lambda name: insurer.services[name].title[language()],
        step_words=step_words,
    )


@bp.post("/open")
@only_for(*AT_A_DESK)
def open_one(call_id: str) -> ResponseReturnValue:
    """Open a request of a kind; the choice names the newest one that the page knew of."""
    kind, _, newest = request.form.get("kind", "").partition(":")
    return _done(call_id, lambda mine: caller_requests.open_from_card(side().floor, mine, kind=kind, newest=newest))


@bp.post("/move")
@only_for(*AT_A_DESK)
def move(call_id: str) -> ResponseReturnValue:
    """Bring a request on to a step."""
    step, approval = request.form.get("step", ""), request.form.get("approval", "").strip()[:_LONGEST] or None
    return _done(
        call_id,
        lambda mine: caller_requests.move_from_card(side().floor, mine, **_shown(), step=step, approval=approval),
    )


@bp.post("/tell")
@only_for(*AT_A_DESK)
def tell(call_id: str) -> ResponseReturnValue:
    """Let the insured be told by a text message or a callback."""
    means = request.form.get("means", "")
    if means not in list(Means):
        abort(400)
    return _done(call_id, lambda mine: caller_requests.tell(side().floor, mine, **_shown(), means=Means(means)))


@bp.post("/book")
@only_for(*AT_A_DESK)
def book(call_id: str) -> ResponseReturnValue:
    """Book an appointment, or move it."""
    appointment, before = _appointment(), request.form.get("booked", "")
    return _done(
        call_id,
        lambda mine: caller_requests.book_from_card(
            side().floor, mine, appointment=appointment, booked_before=before
        ),
    )


def _done(call_id: str, act: Callable[[OnCall], object]) -> ResponseReturnValue:
    mine = OnCall(staff().insurer_id, staff().agent_code or "", call_id)
    try:
        act(mine)
    except tuple(kind for kind, _ in _REFUSALS) as error:
        return refused_page(next(words for kind, words in _REFUSALS if isinstance(error, kind)))
    return redirect(url_for("requests.show", call_id=call_id), 303)


def _card(call_id: str) -> RequestsCard:
    """404 for a call that is not the agent's own, whether there is such a call or not."""
    now = side().centre.clock.now()
    with side().centre.database.reading("requests_card") as tx:
        card = requests_card(tx, insurer=own_insurer(), agent_id=staff().agent_id or "", call_id=call_id, at=now)
    return card or abort(404)


def _shown() -> dict[str, str]:
    return {"request_id": request.form.get("request", ""), "stood_at": request.form.get("stood_at", "")}


def _appointment() -> Appointment:
    form = request.form
    place = form.get("place", "").strip()[:_LONGEST]
    try:
        at = datetime.fromisoformat(form.get("at", "")).replace(tzinfo=zone())
    except ValueError:
        abort(400)
    if not place:
        abort(400)
    return Appointment(
        at=at,
        place=place,
        service=form.get("service", ""),
        approval=form.get("approval", "").strip()[:_LONGEST] or None,
        is_told="told" in form,
        is_decided="decided" in form,
    )
