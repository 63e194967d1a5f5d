"""The routes of the audit's page."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.side import actor, own_insurer, side
from agents.supervisor.audit.details import Reader, detail_words
from agents.supervisor.audit.search import AuditSearch, FoundEntries, actors_named, people, search_audit
from agents.supervisor.audit.words import ACTIONS, audit_words, subject_words
from agents.supervisor.call_log.search_form import read_form
from agents.supervisor.call_log.searching import CallSearch
from agents.supervisor.words import title_words
from config.audit import audited_reading

bp: Final = Blueprint("audit", __name__, url_prefix="/audit")

READERS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_LONGEST: Final = 100


@bp.get("")
@only_for(*READERS)
def show() -> ResponseReturnValue:
    """What was done, the newest first. Nothing in the address identifies a caller: ids, codes and days stand in it."""
    typed = {name: request.args.get(name, "").strip()[:_LONGEST] for name in ("actor", "action", "subject")}
    given = {name: request.args.get(name, "") for name in ("from", "to")}
    days = read_form(given, zone=zone(), now=side().centre.clock.now())
    shown = {**typed, "from": days.typed["from"], "to": days.typed["to"]}
    if days.wrong:
        with side().centre.database.reading("audit_form") as tx:
            known = people(tx, own_insurer())
        return make_response(_page(shown, known, wrong=days.wrong), 400)
    known, found = _found(typed, days.wanted)
    return _page(shown, known, found=found)


def _found(typed: Mapping[str, str], days: CallSearch) -> tuple[list[str], FoundEntries]:
    now = side().centre.clock.now()
    with audited_reading(side().centre.database, "search_audit") as tx:
        known = people(tx, own_insurer())
        wanted = AuditSearch(
            actors=actors_named(typed["actor"], known),
            action=typed["action"] or None,
            # As the page shows it: behind dots.
            subject_id=typed["subject"].lstrip("…. ") or None,
            since=days.since,
            until=days.until,
        )
        return known, search_audit(tx, insurer=own_insurer(), wanted=wanted, by=actor(), at=now, before=_before())


def _page(
    typed: Mapping[str, str],
    known: list[str],
    *,
    found: FoundEntries | None = None,
    wrong: frozenset[str] = frozenset(),
) -> str:
    reader = Reader(own_insurer(), language(), title_words(own_insurer(), language()))
    return render_template(
        "supervisor/audit.html",
        typed=typed,
        wrong=wrong,
        found=found,
        people=known,
        actions=sorted(((code, str(words)) for code, words in ACTIONS.items()), key=lambda one: one[1]),
        audit_words=audit_words,
        subject_words=subject_words,
        details=lambda one: detail_words(one, reader),
    )


def _before() -> int | None:
    written = request.args.get("before", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None
