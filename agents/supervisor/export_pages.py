"""The routes of exports: ask for one, see how far it is, take the file."""

from typing import Final

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.accounts.models import Role
from agents.desk.parts import part, refused
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.side import side, staff
from agents.supervisor import exporting
from agents.supervisor.errors import ExportRefused
from agents.supervisor.export_file import FileKind
from agents.supervisor.search_form import read_form
from agents.supervisor.words import actor

bp: Final = Blueprint("exports", __name__, url_prefix="/calls/exports", template_folder="templates")

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
    return part("supervisor/exports.html", gettext("Exports"), exports=own, most=exporting.MOST_ROWS)


@bp.post("")
@only_for(Role.SUPERVISOR)
def ask() -> ResponseReturnValue:
    """Have a search made into a file; only one that can stand in an address."""
    form = read_form(request.form, zone=zone(), now=side().centre.clock.now())
    if request.form.get("kind") not in list(FileKind) or form.wrong:
        abort(400)
    if not form.is_addressable:
        return refused(lazy_gettext("A search by policy, telephone or words is not exported."))
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
        return refused(lazy_gettext("Several exports of yours are under way: wait for one of them."))
    return redirect(url_for("exports.show"), 303)


@bp.get("/<export_id>")
@only_for(Role.SUPERVISOR)
def take(export_id: str) -> ResponseReturnValue:
    """The file."""
    taken = exporting.take(side().centre, staff(), export_id, by=actor())
    if taken is None:
        abort(404)
    kind, content = taken
    response: Response = make_response(content)
    response.headers["Content-Type"] = _TYPES[kind]
    response.headers["Content-Disposition"] = f'attachment; filename="calls-{export_id[:12]}.{kind}"'
    return response
