"""The routes of the desk: the page, its live parts, and the agent's presence."""

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agents import commands
from agents.accounts.models import Role
from agents.desk.top_bar import AWAY_REASONS, TopBar, top_bar
from agents.errors import ImpossibleChange, NothingToDo, OutcomeMissing
from agents.staff.guarding import only_for
from agents.staff.side import side, staff

bp: Final = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")

AT_A_DESK: Final = (Role.AGENT, Role.SUPERVISOR)


@bp.before_request
def _needs_an_agent() -> None:
    """A supervisor may take calls too, if there is an agent's row for it."""
    if staff().agent_id is None:
        abort(403)


@bp.get("")
@only_for(*AT_A_DESK)
def desk() -> ResponseReturnValue:
    """The whole page."""
    return render_template("desk/desk.html", bar=_bar(), away_reasons=AWAY_REASONS)


@bp.get("/bar")
@only_for(*AT_A_DESK)
def bar() -> ResponseReturnValue:
    """The agent's part of the bar on top, anew."""
    return render_template("desk/bar.html", bar=_bar(), away_reasons=AWAY_REASONS)


@bp.post("/presence")
@only_for(*AT_A_DESK)
def presence() -> ResponseReturnValue:
    """Take calls from now, or go away for one of the reasons."""
    floor, insurer_id, code = side().floor, staff().insurer_id, staff().agent_code or ""
    wanted = request.form.get("presence", "")
    try:
        if wanted == "available":
            commands.become_available(floor, insurer_id=insurer_id, code=code)
        elif wanted in AWAY_REASONS:
            commands.go_away(floor, insurer_id=insurer_id, code=code, reason=wanted)
        else:
            abort(400)
    except (NothingToDo, OutcomeMissing, ImpossibleChange):
        abort(409)
    return redirect(url_for("desk.desk"), 303)


def _bar() -> TopBar:
    with side().centre.database.reading("desk_bar") as tx:
        return top_bar(tx, insurer_id=staff().insurer_id, agent_id=staff().agent_id or "")
