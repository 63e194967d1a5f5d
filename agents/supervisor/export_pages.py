"""The routes of exports: ask for one, see how far it is, take the file."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.accounts.models import Role
from agents.models.searches import CallExport
from agents.staff.formats import day
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.parts import part, refused_page
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.call_log.query_words import query_words
from agents.supervisor.call_log.search_form import read_form
from agents.supervisor.errors import ExportBroken, ExportRefused, JournalTooLong
from agents.supervisor.exports import exporting
from agents.supervisor.exports.file import FileKind
from agents.supervisor.exports.slices import asked
from agents.supervisor.journal.asking import ask_for_journal
from agents.supervisor.journal.slices import keeps_journal
from agents.supervisor.period import read_period
from agents.supervisor.words import title_words

bp: Final = Blueprint("exports", __name__, url_prefix="/calls/exports")

_TYPES: Final = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """One's own exports: how far each is, until when it can be taken."""
    now = side().centre.clock.now()
    with side().centre.database.reading("own_exports") as tx:
        own = exporting.exports_of(tx, staff(), at=now)
        shares = {one.id: exporting.share_made(tx, one) for one in own if one.state != "made"}
    return part(
        "supervisor/exports.html",
        gettext("Exports"),
        exports=own,
        shares=shares,
        most=exporting.MOST_ROWS,
        has_journal=keeps_journal(own_insurer()),
        period_words=_period_words,
        search_words=_search_words,
    )


@bp.post("")
@only_for(Role.SUPERVISOR)
def ask() -> ResponseReturnValue:
    """Have a search made into a file; only one that can stand in an address."""
    form = read_form(request.form, zone=zone(), now=side().centre.clock.now())
    if request.form.get("kind") not in list(FileKind) or form.wrong:
        abort(400)
    if not form.is_addressable:
        return refused_page(lazy_gettext("A search by policy, telephone or words is not exported."))
    try:
        exporting.ask(
            side().centre,
            staff(),
            query=form.query,
            kind=FileKind(request.form["kind"]),
            zone=zone(),
            language=language(),
            by=actor(),
        )
    except ExportRefused:
        return refused_page(lazy_gettext("Several exports of yours are under way: wait for one of them."))
    return redirect(url_for("exports.show"), 303)


@bp.post("/journal")
@only_for(Role.SUPERVISOR)
def ask_journal() -> ResponseReturnValue:
    """Have the journal of contacts of a period made into a file."""
    insurer, asked_for = own_insurer(), request.form
    period = read_period(
        asked_for.get("from", ""), asked_for.get("to", ""), zone=insurer.time_zone, now=side().centre.clock.now()
    )
    if not keeps_journal(insurer) or asked_for.get("kind") not in list(FileKind) or period is None:
        abort(400)
    try:
        ask_for_journal(
            side().centre,
            staff(),
            since=period.since,
            until=period.until,
            kind=FileKind(asked_for["kind"]),
            language=language(),
            by=actor(),
        )
    except ExportRefused:
        return refused_page(lazy_gettext("Several exports of yours are under way: wait for one of them."))
    except JournalTooLong:
        return refused_page(lazy_gettext("That is more than one file holds: ask for a shorter time."))
    return redirect(url_for("exports.show"), 303)


def _period_words(export: CallExport) -> str:
    """Of which days a journal is, in the insurer's zone."""
    wanted = asked(export).wanted
    if wanted.since is None or wanted.until is None:
        return ""
    inside = wanted.until - timedelta(microseconds=1)
    return f"{day(wanted.since, ZoneInfo(export.zone))}–{day(inside, ZoneInfo(export.zone))}"


def _search_words(export: CallExport) -> str:
    """What was searched for; days as their reader meant them."""
    titles = title_words(own_insurer(), language())
    return query_words(asked(export).typed, titles, ZoneInfo(export.zone))


@bp.get("/<export_id>")
@only_for(Role.SUPERVISOR)
def take(export_id: str) -> ResponseReturnValue:
    """The file."""
    try:
        taken = exporting.take(side().centre, staff(), export_id, by=actor())
    except ExportBroken:
        return refused_page(lazy_gettext("This file cannot be opened any more: ask for it once more."), 410)
    if taken is None:
        abort(404)
    response: Response = make_response(taken.content)
    response.headers["Content-Type"] = _TYPES[taken.kind]
    response.headers["Content-Disposition"] = f'attachment; filename="{taken.what}-{export_id[:12]}.{taken.kind}"'
    return response
