"""The routes of the call log: the search, its pages, and searches that are kept."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts.models import Role
from agents.desk.outcome_words import outcome_words
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.call_log.query_words import Titles
from agents.supervisor.call_log.rows import LogRow, log_rows
from agents.supervisor.call_log.saved_searches import MOST, drop_search, save_search, saved_searches
from agents.supervisor.call_log.search_form import SECRET, SearchForm, read_form
from agents.supervisor.call_log.searching import FoundCalls, search_calls
from agents.supervisor.errors import SearchNameTaken, SearchTooWide, TooManySearches
from agents.supervisor.flow_words import flow_title, step_title
from agents.supervisor.installed_flows import installed_flows
from agents.supervisor.words import agents_to_choose, insured_words, outcomes_to_find, title_words
from config.audit import audited_reading
from config.database import Transaction

bp: Final = Blueprint("calls", __name__, url_prefix="/calls", template_folder="../templates", static_folder="../static")


@bp.get("")
@only_for(Role.SUPERVISOR)
def log() -> ResponseReturnValue:
    """The newest calls, or those that the address asks for; what would identify somebody is not read from there."""
    return _searched({name: value for name, value in request.args.items() if name not in SECRET})


@bp.post("")
@only_for(Role.SUPERVISOR)
def search() -> ResponseReturnValue:
    """What the form asks for. Where that identifies nobody, the address of it, which may be kept and passed on."""
    given = request.form.to_dict()
    if dropped := given.get("drop"):
        given[dropped] = ""
    form = _form(given)
    if form.is_addressable and not form.wrong and not given.get("before"):
        return redirect(url_for("calls.log") + form.query, 303)
    return _searched(given)


@bp.post("/searches")
@only_for(Role.SUPERVISOR)
def keep() -> ResponseReturnValue:
    """Keep a search by a name, without what identifies somebody."""
    form, name = _form(request.form), " ".join(request.form.get("name", "").split())[:60]
    if not name or form.wrong:
        abort(400)
    try:
        with side().centre.database.transaction("save_search") as tx:
            save_search(tx, staff(), name=name, query=form.query, at=side().centre.clock.now())
    except SearchNameTaken:
        error = gettext("A search «%(name)s» is kept already: choose another name, or drop that one first.", name=name)
    except TooManySearches:
        error = gettext("There are %(count)s already: drop one first.", count=MOST)
    else:
        return redirect(url_for("calls.log") + form.query, 303)
    return make_response(_page(form, error=error, name=name), 409)


@bp.post("/searches/drop")
@only_for(Role.SUPERVISOR)
def drop() -> ResponseReturnValue:
    """Keep a search no longer."""
    with side().centre.database.transaction("drop_search") as tx:
        drop_search(tx, staff(), request.form.get("search", ""))
    return redirect(url_for("calls.log"), 303)


def _searched(given: Mapping[str, str]) -> ResponseReturnValue:
    form = _form(given)
    if form.wrong:
        return make_response(_page(form), 400)
    try:
        found, rows = _found(form, given.get("before", "")[:32] or None)
    except SearchTooWide:
        error = gettext("Type the policy's number whole, at least six signs, or choose days and type its last four.")
        return make_response(_page(form, error=error), 400)
    return _page(form, found=found, rows=rows)


def _found(form: SearchForm, before: str | None) -> tuple[FoundCalls, list[LogRow]]:
    now = side().centre.clock.now()
    with audited_reading(side().centre.database, "search_calls") as tx:
        found = search_calls(tx, insurer=own_insurer(), wanted=form.wanted, by=actor(), at=now, before=before)
        return found, log_rows(tx, found.calls, at=now)


def _form(given: Mapping[str, str]) -> SearchForm:
    return read_form(given, zone=zone(), now=side().centre.clock.now())


def _page(
    form: SearchForm,
    *,
    found: FoundCalls | None = None,
    rows: list[LogRow] | None = None,
    error: str = "",
    name: str = "",
) -> str:
    """`name` is what a search was to be called that was not kept."""
    insurer, titles = own_insurer(), title_words(own_insurer(), language())
    with side().centre.database.reading("log_form") as tx:
        kept, agents = saved_searches(tx, staff()), agents_to_choose(tx, insurer)
        left = _step_words(tx, form.typed["left"], titles)
        about = insured_words(tx, insurer, form.typed["insured"]) if form.typed["insured"] else ""
    return render_template(
        "supervisor/calls.html",
        form=form,
        found=found,
        rows=rows or [],
        error=error,
        name=name,
        kept=kept,
        agents=agents,
        about=about,
        left_words=left,
        lines=[(one.name, one.title[language()]) for one in insurer.lines.values()],
        queues=[(one.name, one.title[language()]) for one in insurer.queues.values()],
        outcomes=[(code, outcome_words(code)) for code in outcomes_to_find(insurer)],
        outcome_words=outcome_words,
        title_words=titles,
    )


def _step_words(tx: Transaction, step: str, titles: Titles) -> str:
    """What a step is called that `left` asks for; one of no flow that is installed goes by its name."""
    flow, _, node = step.partition("/")
    flows = installed_flows(tx) if step else None
    if flows is None or flow not in flows.flows or node not in flows.flows[flow].nodes:
        return step
    words = step_title(flows, flow, node, language(), lambda name: titles("queue", name))
    return f"{flow_title(flows, flow)} · {words}"
