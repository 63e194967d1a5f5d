"""The routes of the search for insured people, and of one person's page."""

from datetime import date, datetime
from typing import Final

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from agents.accounts.models import Role
from agents.desk.insured_card import InsuredPage, insured_page
from agents.desk.outcome_words import outcome_words
from agents.desk.request_words import due_words, kind_words, step_words
from agents.staff.entrance import AT_A_DESK
from agents.staff.formats import clock_time
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import actor, own_insurer, side, staff
from config.audit import audited_reading
from ivr.insured.search_limits import SearchesUsedUp, audit_refusal
from ivr.insured.searching import MOST, By, ListedInsured, SearchTooWide, search_insured

bp: Final = Blueprint("insured", __name__, url_prefix="/desk/insured", template_folder="templates")

_LONGEST: Final = 200


@bp.get("")
@only_for(*AT_A_DESK)
def search() -> ResponseReturnValue:
    """The empty form."""
    return _page()


@bp.post("")
@only_for(*AT_A_DESK)
def find() -> ResponseReturnValue:
    """Whom it finds. By POST, so that no address, and no log of addresses, has what was searched for."""
    by = request.form.get("by", "")
    if by not in list(By):
        abort(400)
    try:
        found = _found(By(by))
    except SearchTooWide:
        return make_response(_page(error=_too_wide(By(by))), 400)
    except SearchesUsedUp as error:
        return make_response(_page(error=_used_up(By(by), error.again_at)), 429)
    return _page(found=found)


@bp.get("/<insured_id>")
@only_for(*AT_A_DESK)
def person(insured_id: str) -> ResponseReturnValue:
    """One person, as far as the call and the role allow; the address has their id, which says nothing of them."""
    insurer = own_insurer()
    return render_template(
        "desk/insured_person.html",
        page=_shown(insured_id),
        due_words=lambda at: due_words(at, insurer),
        kind_words=kind_words,
        line_words=lambda name: insurer.lines[name].title[language()] if name in insurer.lines else name,
        outcome_words=outcome_words,
        service_words=lambda name: insurer.services[name].title[language()] if name in insurer.services else name,
        step_words=step_words,
    )


def _found(by: By) -> list[ListedInsured]:
    now = side().centre.clock.now()
    with side().centre.database.transaction("search_insured") as tx:
        return search_insured(
            tx,
            insurer=own_insurer(),
            by=by,
            text=request.form.get("text", "")[:_LONGEST],
            born_on=_day(request.form.get("born_on", "")),
            actor=actor(),
            at=now,
        )


def _used_up(by: By, again_at: datetime) -> str:
    insurer, now = own_insurer(), side().centre.clock.now()
    with side().centre.database.transaction("audit_refused_search") as tx:
        audit_refusal(tx, insurer=insurer, actor=actor(), by=by, at=now)
    most = insurer.identification.searches_per_hour
    return str(
        ngettext(
            "Only %(num)s search an hour is allowed. Search again after %(time)s, or ask your supervisor.",
            "Only %(num)s searches an hour are allowed. Search again after %(time)s, or ask your supervisor.",
            most,
            time=clock_time(again_at),
        )
    )


def _shown(insured_id: str) -> InsuredPage:
    now = side().centre.clock.now()
    with audited_reading(side().centre.database, "show_insured") as tx:
        page = insured_page(
            tx,
            insurer=own_insurer(),
            insured_id=insured_id,
            agent_id=staff().agent_id,
            is_supervisor=Role.SUPERVISOR in staff().roles,
            actor=actor(),
            at=now,
        )
    return page or abort(404)


def _page(**values: object) -> str:
    by, text, born_on = (request.form.get(name, "")[:_LONGEST] for name in ("by", "text", "born_on"))
    return render_template("desk/insured.html", by=by, text=text, born_on=born_on, most=MOST, **values)


def _too_wide(by: By) -> str:
    match by:
        case By.POLICY:
            return str(gettext("Type the whole number of the policy, at least six signs."))
        case By.NAME:
            return str(gettext("Type the name, or the beginnings of its words, and the birth date."))
        case By.PHONE:
            return str(gettext("This is no telephone number. Type it whole, with its code."))


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
