"""The routes of wrap-up: the part of the desk, its draft, and a supervisor's list of who is stuck in it."""

from typing import Final

from flask import Blueprint, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents import presence
from agents.accounts.models import Role
from agents.at_work import wrap_up
from agents.desk.outcome_words import NEXT_ACTIONS, action_words, outcome_words
from agents.desk.wrap_up_card import WrapUpCard, wrap_up_card
from agents.desk.wrap_up_form import LONGEST_NOTE, FormRefused, checked, edition_of, number, read_draft
from agents.errors import ChangedMeanwhile, NothingToDo, UnknownAgent
from agents.staff.entrance import AT_A_DESK
from agents.staff.formats import clock_time
from agents.staff.guarding import only_for
from agents.staff.languages import zone
from agents.staff.parts import part, refused_page
from agents.staff.side import actor, own_insurer, side, staff
from ivr.calls.outcomes import DESK

bp: Final = Blueprint("wrap_up", __name__, url_prefix="/desk", template_folder="templates")

_ELSEWHERE: Final = lazy_gettext("This was written down already, or in another window. Open the page again.")
_NOT_YOURS: Final = lazy_gettext("This call is not yours to write down.")


@bp.get("/calls/<call_id>/wrap-up")
@only_for(*AT_A_DESK)
def show(call_id: str) -> ResponseReturnValue:
    """The form with what stands in it, or that it is done."""
    return part(
        "desk/wrap_up.html",
        gettext("Outcome"),
        card=_card(call_id),
        desk=DESK,
        next_actions=NEXT_ACTIONS,
        action_words=action_words,
        outcome_words=outcome_words,
        longest_note=LONGEST_NOTE,
        reader_zone=zone(),
    )


@bp.post("/calls/<call_id>/draft")
@only_for(*AT_A_DESK)
def keep_draft(call_id: str) -> ResponseReturnValue:
    """Keep what stands in the form; the draft's new version as JSON, for the page's next one."""
    card = _card(call_id)
    try:
        draft, edition = read_draft(request.form, card, zone()), edition_of(request.form)
        version = wrap_up.keep_draft(side().floor, **_agent(), call_id=call_id, draft=draft, edition=edition)
    except FormRefused as error:
        return refused_page(error.why, 400)
    except ChangedMeanwhile:
        return refused_page(_ELSEWHERE)
    except NothingToDo:
        return refused_page(_NOT_YOURS)
    return jsonify(version=version, saved=clock_time(side().centre.clock.now()))


@bp.post("/calls/<call_id>/wrap-up")
@only_for(*AT_A_DESK)
def record(call_id: str) -> ResponseReturnValue:
    """Record the outcome; in wrap-up the agent is available by it."""
    card, now = _card(call_id), side().centre.clock.now()
    try:
        outcome = checked(read_draft(request.form, card, zone()), now)
        recordings = number(request.form, "recordings")
        wrap_up.record_call_outcome(
            side().floor, **_agent(), outcome=outcome, call_id=call_id, recordings=recordings
        )
    except FormRefused as error:
        return refused_page(error.why, 400)
    except ChangedMeanwhile:
        return refused_page(_ELSEWHERE)
    except NothingToDo:
        return refused_page(_NOT_YOURS)
    return redirect(url_for("wrap_up.show", call_id=call_id), 303)


@bp.get("/wrap-ups")
@only_for(Role.SUPERVISOR)
def stuck() -> ResponseReturnValue:
    """Who is in wrap-up now, the longest first."""
    with side().centre.database.reading("agents_in_wrap_up") as tx:
        agents = wrap_up.agents_in_wrap_up(tx, staff().insurer_id)
    return part("desk/stuck.html", gettext("Wrap-ups"), agents=agents, target_seconds=presence.WRAP_UP_SECONDS)


@bp.post("/wrap-ups/release")
@only_for(Role.SUPERVISOR)
def release() -> ResponseReturnValue:
    """Let an agent out of wrap-up, who still owes the outcome."""
    code, by = request.form.get("agent", ""), actor()
    try:
        wrap_up.release(side().floor, insurer_id=staff().insurer_id, code=code, by=by)
    except (NothingToDo, UnknownAgent):
        return refused_page(lazy_gettext("This agent is not in wrap-up any more."))
    return redirect(url_for("wrap_up.stuck"), 303)


def _card(call_id: str) -> WrapUpCard:
    """404 for a call that is not the agent's own, whether there is such a call or not."""
    agent_id = staff().agent_id
    if agent_id is None:
        abort(403)
    now = side().centre.clock.now()
    with side().centre.database.reading("wrap_up_card") as tx:
        card = wrap_up_card(tx, insurer=own_insurer(), agent_id=agent_id, call_id=call_id, at=now)
    return card or abort(404)


def _agent() -> dict[str, str]:
    return {"insurer_id": staff().insurer_id, "code": staff().agent_code or ""}
