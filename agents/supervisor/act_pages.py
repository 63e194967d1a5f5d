"""The routes of the acts of destruction: the list, an act alone and on paper, and the acts of a period as a file."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import zone
from agents.staff.parts import refused_page
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.acts_written import (
    act_pdf,
    acts_csv,
    destroyer_words,
    digest_words,
    facts,
    ground_words,
    what_words,
)
from agents.supervisor.call_log.search_form import SearchForm, read_form
from config.audit import audited_reading
from recordings.acts import MOST, FoundActs, act_of, acts_for_file, find_acts
from recordings.models import DestructionAct

bp: Final = Blueprint("acts", __name__, url_prefix="/calls/destroyed-recordings")

_ID: Final = 32


@bp.app_context_processor
def words() -> dict[str, object]:
    """For the page of a call too."""
    return {"destroyer_words": destroyer_words, "ground_words": ground_words}


@bp.get("")
@only_for(Role.SUPERVISOR)
def found() -> ResponseReturnValue:
    """The acts of a period, the newest first: what, when, by whom, on what ground."""
    days = _days()
    if days.wrong:
        return make_response(_page(days.typed, wrong=days.wrong), 400)
    with side().centre.database.reading("destruction_acts") as tx:
        page = find_acts(
            tx,
            insurer_id=staff().insurer_id,
            since=days.wanted.since,
            until=days.wanted.until,
            before=request.args.get("before", "")[:_ID] or None,
        )
    return _page(days.typed, page)


@bp.get("/acts.csv")
@only_for(Role.SUPERVISOR)
def take() -> ResponseReturnValue:
    """All of the period's as a file; audited."""
    days, now = _days(), side().centre.clock.now()
    if days.wrong:
        return make_response(_page(days.typed, wrong=days.wrong), 400)
    with audited_reading(side().centre.database, "take_acts") as tx:
        acts = acts_for_file(
            tx, insurer_id=staff().insurer_id, since=days.wanted.since, until=days.wanted.until, by=actor(), at=now
        )
    if acts is None:
        return refused_page(gettext("More than %(count)s acts: choose fewer days.", count=MOST), 400)
    content = acts_csv(acts, own_insurer().time_zone)
    return _file(content, "text/csv; charset=utf-8", f"destroyed-recordings-{now:%Y-%m-%d}.csv")


@bp.get("/<act_id>")
@only_for(Role.SUPERVISOR)
def show(act_id: str) -> ResponseReturnValue:
    """One act."""
    act = _act(act_id)
    return render_template(
        "supervisor/destruction_act.html",
        act=act,
        facts=facts(act, own_insurer().time_zone),
        what=what_words(act),
        digest=digest_words(),
    )


@bp.get("/<act_id>/act.pdf")
@only_for(Role.SUPERVISOR)
def on_paper(act_id: str) -> ResponseReturnValue:
    """One act to print."""
    act = _act(act_id)
    content = act_pdf(act, own_insurer(), at=side().centre.clock.now())
    return _file(content, "application/pdf", f"act-{act.id}.pdf")


def _days() -> SearchForm:
    given = {name: request.args.get(name, "") for name in ("from", "to")}
    return read_form(given, zone=zone(), now=side().centre.clock.now())


def _act(act_id: str) -> DestructionAct:
    with side().centre.database.reading("destruction_act") as tx:
        act = act_of(tx, insurer_id=staff().insurer_id, act_id=act_id)
    if act is None:
        abort(404)
    return act


def _page(
    typed: Mapping[str, str], found: FoundActs | None = None, *, wrong: frozenset[str] = frozenset()
) -> str:
    days = {name: typed[name] for name in ("from", "to")}
    asked = {name: value for name, value in days.items() if value}
    return render_template(
        "supervisor/destruction_acts.html", typed=days, asked=asked, wrong=wrong, found=found, digest=digest_words()
    )


def _file(content: bytes, mimetype: str, name: str) -> Response:
    response: Response = make_response(content)
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
