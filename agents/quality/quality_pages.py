"""The routes around evaluations: what to evaluate next, disputes, the list, and how questions are answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from agents.accounts.models import Role
from agents.models.evaluations import EvaluationState
from agents.quality.calibrations import calibrations_of, veiled
from agents.quality.drawing import quotas
from agents.quality.parts import RESULTS, STATES, evaluator, library, page_or_part
from agents.quality.question_figures import QUESTION_FIGURES, QuestionRow, question_rows
from agents.quality.searching import (
    EvaluationSearch,
    FoundEvaluations,
    Place,
    ResultKind,
    count_in_state,
    in_state,
    search_evaluations,
)
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.side import actor, own_insurer, side
from agents.supervisor.call_log.search_form import read_form
from agents.supervisor.words import agents_to_choose, title_words
from config.audit import audited_reading

bp: Final = Blueprint("quality", __name__, url_prefix="/quality", template_folder="templates")

_FIELDS: Final = ("period", "from", "to", "agent", "line", "card", "result")
_LONGEST: Final = 60
_MOST: Final = 50


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """What there is to do: disputes, drafts, what is drawn to be evaluated, calibrations."""
    centre, insurer, by = side().centre, own_insurer(), evaluator()
    with centre.database.reading("quality_to_do") as tx:
        disputed = in_state(tx, insurer, EvaluationState.DISPUTED, most=_MOST)
        drafts = in_state(tx, insurer, EvaluationState.DRAFT, most=_MOST)
        drawn = quotas(tx, centre, insurer, by=by, at=centre.clock.now())
        calibrations = calibrations_of(tx, insurer, by, most=_MOST)
    return page_or_part(
        "to_do",
        disputed=disputed,
        drafts=drafts,
        by=by,
        quotas=drawn,
        calibrations=calibrations,
        rules=insurer.quality,
        cards=library().cards_of(insurer),
        title_words=title_words(insurer, language()),
    )


@bp.get("/waiting")
@only_for(Role.SUPERVISOR)
def waiting() -> ResponseReturnValue:
    """How many disputes wait for an answer, for the head of every supervisor's page."""
    with side().centre.database.reading("disputes_waiting") as tx:
        count = count_in_state(tx, own_insurer(), EvaluationState.DISPUTED)
    return render_template("quality/waiting.html", count=count)


@bp.get("/list")
@only_for(Role.SUPERVISOR)
def found() -> ResponseReturnValue:
    """Evaluations by agent, line, card, days and result, the newest first."""
    chosen = _chosen()
    if chosen.wrong:
        return make_response(_list(chosen, None, frozenset()), 400)
    with audited_reading(side().centre.database, "search_evaluations") as tx:
        page = search_evaluations(
            tx,
            insurer=own_insurer(),
            wanted=chosen.wanted,
            by=actor(),
            at=side().centre.clock.now(),
            after=Place.read(request.args.get("after", "")),
        )
        hidden = veiled(tx, page.evaluations, evaluator())
    return _list(chosen, page, hidden)


@bp.get("/questions")
@only_for(Role.SUPERVISOR)
def questions() -> ResponseReturnValue:
    """How the questions of each card were answered, for the same choice of evaluations."""
    chosen = _chosen()
    if chosen.wrong:
        return make_response(_questions(chosen, []), 400)
    with side().centre.database.reading("question_figures") as tx:
        rows = question_rows(tx, library(), insurer=own_insurer(), wanted=chosen.wanted)
    return _questions(chosen, rows)


@dataclass(frozen=True)
class _Chosen:
    """Which evaluations: as typed, what that asks for, and the names of days that cannot be read."""

    typed: Mapping[str, str]
    wanted: EvaluationSearch
    wrong: frozenset[str]


def _chosen() -> _Chosen:
    typed = {name: request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    days = read_form(typed, zone=zone(), now=side().centre.clock.now())
    wanted = EvaluationSearch(
        since=days.wanted.since,
        until=days.wanted.until,
        agent=typed["agent"] or None,
        line=typed["line"] or None,
        card=typed["card"] or None,
        result=ResultKind(typed["result"]) if typed["result"] in list(ResultKind) else None,
    )
    return _Chosen(typed | {name: days.typed[name] for name in ("period", "from", "to")}, wanted, days.wrong)


def _list(chosen: _Chosen, page: FoundEvaluations | None, hidden: Collection[str]) -> str:
    go_on_at = "" if page is None else str(page.go_on_at or "")
    return render_template(
        "quality/list.html",
        found=page,
        hidden=hidden,
        go_on={**{name: value for name, value in chosen.typed.items() if value}, "after": go_on_at},
        states=STATES,
        results=RESULTS,
        **_choices(chosen),
    )


def _questions(chosen: _Chosen, rows: Sequence[QuestionRow]) -> str:
    return render_template("quality/questions.html", rows=rows, figures=QUESTION_FIGURES, **_choices(chosen))


def _choices(chosen: _Chosen) -> dict[str, object]:
    insurer = own_insurer()
    with side().centre.database.reading("evaluations_form") as tx:
        agents = agents_to_choose(tx, insurer)
    return {
        "typed": chosen.typed,
        "wrong": chosen.wrong,
        "agents": agents,
        "lines": [(one.name, one.title[language()]) for one in insurer.lines.values()],
        "cards": [(one.name, one.title[language()]) for one in library().cards_of(insurer)],
        "title_words": title_words(insurer, language()),
    }
