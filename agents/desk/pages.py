"""The routes of the desk: the page, its live parts, and the agent's presence."""

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agents.at_work import commands
from agents.desk import card_shown
from agents.desk.call_now import CallNow, call_now
from agents.desk.card import Card, card_of
from agents.desk.desks import needs_an_agent, own_desk
from agents.desk.matter_words import CALLER_ROLES, DEDUCTIBLES, LANGUAGES, LEVELS, asked_words
from agents.desk.outcome_words import outcome_words
from agents.desk.request_words import due_words, kind_words, step_words
from agents.desk.top_bar import TopBar, top_bar
from agents.errors import ImpossibleChange, NothingToDo, OutcomeMissing
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import own_insurer, side

bp: Final = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates", static_folder="static")
bp.before_request(needs_an_agent)


@bp.get("")
@only_for(*AT_A_DESK)
def desk() -> ResponseReturnValue:
    """The whole page."""
    now, card = _call()
    reasons = own_insurer().away_reasons
    return render_template("desk/desk.html", bar=_bar(), away_reasons=reasons, call=now, card=card, **_WORDS)


@bp.get("/now")
@only_for(*AT_A_DESK)
def now() -> ResponseReturnValue:
    """The call that the agent has, or that rings, with its card; anew."""
    now, card = _call()
    return render_template("desk/now.html", call=now, card=card, **_WORDS)


@bp.get("/bar")
@only_for(*AT_A_DESK)
def bar() -> ResponseReturnValue:
    """The agent's part of the bar on top, anew."""
    return render_template("desk/bar.html", bar=_bar(), away_reasons=own_insurer().away_reasons)


@bp.post("/presence")
@only_for(*AT_A_DESK)
def presence() -> ResponseReturnValue:
    """Take calls from now, or go away for one of the reasons."""
    desk, wanted = own_desk(), request.form.get("presence", "")
    try:
        if wanted == "available":
            commands.become_available(desk.floor, insurer_id=desk.insurer_id, code=desk.code)
        elif wanted in own_insurer().away_reasons:
            commands.go_away(desk.floor, insurer_id=desk.insurer_id, code=desk.code, reason=wanted)
        else:
            abort(400)
    except (NothingToDo, OutcomeMissing, ImpossibleChange):
        abort(409)
    return redirect(url_for("desk.desk"), 303)


_WORDS: Final = {
    "levels": LEVELS,
    "caller_roles": CALLER_ROLES,
    "spoken_languages": LANGUAGES,
    "kind_words": kind_words,
    "step_words": step_words,
    "due_words": lambda due_at: due_words(due_at, own_insurer()),
    "outcome_words": outcome_words,
    "deductibles": DEDUCTIBLES,
    "asked_words": asked_words,
}


def _bar() -> TopBar:
    desk = own_desk()
    with side().centre.database.reading("desk_bar") as tx:
        return top_bar(tx, insurer=own_insurer(), agent_id=desk.agent_id, language=language())


def _call() -> tuple[CallNow | None, Card | None]:
    desk, insurer, at = own_desk(), own_insurer(), side().centre.clock.now()
    with side().centre.database.reading("desk_now") as tx:
        now = call_now(tx, insurer=insurer, agent_id=desk.agent_id, at=at)
        # A colleague on the line is nobody's insured person.
        card = None if now is None or now.other_desk is not None else card_of(tx, insurer=insurer, now=now, at=at)
        is_new = now is not None and card is not None and not card_shown.is_noted(tx, now.call_id, desk.code, card)
    if now is not None and card is not None and is_new:
        card_shown.note(side().centre, call_id=now.call_id, code=desk.code, card=card)
    return now, card
