"""The routes of one evaluation: begin it, score while listening, submit it, look at it, answer its dispute."""

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from agents.accounts.models import Role
from agents.desk.matter_words import LEVELS
from agents.desk.outcome_words import outcome_words
from agents.errors import AgentError, ChangedMeanwhile, ImpossibleChange, OutOfSight
from agents.models.evaluations import Evaluation, EvaluationState
from agents.quality import disputes, evaluations
from agents.quality.calibrations import veiled
from agents.quality.conversations import Spoken, is_nobodys, spoken_in
from agents.quality.errors import NotDisputable, NothingChanged, NotScorable, Unanswered
from agents.quality.evaluation_view import EvaluationView, evaluation_view
from agents.quality.parts import WHY_NOT, evaluator, library, percent, unanswered_words, words
from agents.quality.scoring import NOTHING, Answers, critical_failures, score_of
from agents.quality.scoring_form import LONGEST_COMMENT, LONGEST_NOTE, read_form
from agents.staff.failures import Words, page
from agents.staff.formats import clock_time
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.parts import refused_page
from agents.staff.side import actor, own_insurer, side, staff
from agents.supervisor.one_call.view import CallView, call_view
from agents.supervisor.words import title_words
from config.audit import audited_reading
from ivr.calls.models import Call

bp: Final = Blueprint(
    "scoring", __name__, url_prefix="/quality/evaluations", template_folder="templates", static_folder="static"
)
bp.app_context_processor(words)

_MOVED_ON: Final = lazy_gettext("This evaluation has moved on meanwhile. Open it again.")


@bp.app_context_processor
def of_call() -> dict[str, object]:
    """For the call's page: which conversations of it can be evaluated, and which are."""
    return {"quality_of_call": _quality_of_call}


@bp.errorhandler(OutOfSight)
def unknown(_error: OutOfSight) -> ResponseReturnValue:
    """There is no such evaluation, or it is another's draft."""
    return page(404, Words(lazy_gettext("There is no such evaluation"), lazy_gettext("Go on from the list of them.")))


@bp.errorhandler(NotScorable)
def not_scorable(error: NotScorable) -> ResponseReturnValue:
    """Nobody, or not this supervisor, evaluates this."""
    return refused_page(WHY_NOT[error.why])


@bp.errorhandler(ChangedMeanwhile)
@bp.errorhandler(ImpossibleChange)
def changed(_error: AgentError) -> ResponseReturnValue:
    """Another window, or another supervisor, was quicker."""
    return refused_page(_MOVED_ON)


@bp.post("")
@only_for(Role.SUPERVISOR)
def begin() -> ResponseReturnValue:
    """Begin to evaluate an agent's part in a call; one's draft, or the evaluation that there is, is opened instead."""
    id_ = evaluations.begin(
        side().centre,
        library(),
        insurer_id=staff().insurer_id,
        call_id=request.form.get("call", "")[:32],
        agent_id=request.form.get("agent", "")[:32],
        by=evaluator(),
    )
    return redirect(url_for("scoring.show", evaluation_id=id_), 303)


@bp.get("/<evaluation_id>")
@only_for(Role.SUPERVISOR)
def show(evaluation_id: str) -> ResponseReturnValue:
    """A form for one's own draft and for a dispute to be answered, else what was judged; the look is audited."""
    return _shown(evaluation_id)


@bp.post("/<evaluation_id>/draft")
@only_for(Role.SUPERVISOR)
def keep(evaluation_id: str) -> ResponseReturnValue:
    """Keep the draft as it stands; how it scores so far."""
    written = read_form(request.form)
    version = evaluations.keep(side().centre, library(), **_which(evaluation_id), written=written)
    with side().centre.database.reading("draft_score") as tx:
        row = tx.get_one(Evaluation, evaluation_id)
        card = library().version(tx, row.card_digest)
    fails = bool(critical_failures(card, written.answers))
    score = 0 if fails else score_of(card.questions, written.answers)
    open_ones = sum(written.answers.get(one.name, NOTHING).value is None for one in card.questions)
    return jsonify(
        version=version,
        saved=gettext("Draft kept at %(time)s", time=clock_time(side().centre.clock.now())),
        score=percent(score),
        fails=fails,
        open=open_ones,
    )


@bp.post("/<evaluation_id>/submit")
@only_for(Role.SUPERVISOR)
def submit(evaluation_id: str) -> ResponseReturnValue:
    """Submit it: the agent sees it from now on."""
    try:
        evaluations.submit(side().centre, library(), **_which(evaluation_id), written=read_form(request.form))
    except Unanswered as error:
        return make_response(_shown(evaluation_id, _Lacking(unanswered_words(error), error.questions)), 400)
    return redirect(url_for("scoring.show", evaluation_id=evaluation_id), 303)


@bp.post("/<evaluation_id>/drop")
@only_for(Role.SUPERVISOR)
def drop(evaluation_id: str) -> ResponseReturnValue:
    """Give one's draft up."""
    evaluations.drop(side().centre, **_which(evaluation_id))
    return redirect(url_for("quality.show"), 303)


@bp.post("/<evaluation_id>/answer")
@only_for(Role.SUPERVISOR)
def answer(evaluation_id: str) -> ResponseReturnValue:
    """Answer a dispute: the score stands (`decision` uphold), or it is changed to what the form says (change)."""
    reason, which = request.form.get("reason", ""), _which(evaluation_id)
    answers = read_form(request.form).answers
    try:
        match request.form.get("decision"):
            case "uphold":
                disputes.uphold(side().centre, **which, reason=reason)
            case "change":
                disputes.change(side().centre, library(), **which, reason=reason, answers=answers)
            case _:
                abort(400)
    except NotDisputable:
        lacks = _Lacking(gettext("Write why, for the agent to read."))
    except NothingChanged:
        lacks = _Lacking(gettext("You have changed no answer. Change one, or uphold the score."))
    except Unanswered as error:
        lacks = _Lacking(unanswered_words(error), error.questions)
    else:
        return redirect(url_for("scoring.show", evaluation_id=evaluation_id), 303)
    return make_response(_shown(evaluation_id, lacks, typed=answers, reason=reason), 400)


@dataclass(frozen=True)
class _Lacking:
    """What keeps a form from being taken, and the questions without an answer."""

    error: str = ""
    missing: tuple[str, ...] = ()


_NOTHING_LACKS: Final = _Lacking()


def _which(evaluation_id: str) -> dict[str, Any]:
    return {"insurer_id": staff().insurer_id, "evaluation_id": evaluation_id, "by": evaluator()}


def _shown(
    evaluation_id: str, lacks: _Lacking = _NOTHING_LACKS, *, typed: Answers | None = None, reason: str = ""
) -> ResponseReturnValue:
    """The page; with `typed` and `reason` instead of what is kept, where a form comes back."""
    insurer, by = own_insurer(), evaluator()
    view, call, is_veiled = _looked_at(evaluation_id)
    if typed is not None:
        view = replace(view, answers={name: typed.get(name, NOTHING) for name in view.answers})
    row = view.row
    if row.state == EvaluationState.DRAFT:
        mode = "draft"
    else:
        mode = "answer" if row.state == EvaluationState.DISPUTED and row.agent_id != by.agent_id else "read"
    return render_template(
        "quality/veiled.html" if is_veiled else "quality/evaluation.html",
        view=view,
        call=call,
        mode=mode,
        error=lacks.error,
        missing=lacks.missing,
        reason=reason,
        title_words=title_words(insurer, language()),
        outcome_words=outcome_words,
        levels=LEVELS,
        longest_note=LONGEST_NOTE,
        longest_comment=LONGEST_COMMENT,
        longest_reason=disputes.LONGEST_REASON,
    )


def _looked_at(evaluation_id: str) -> tuple[EvaluationView, CallView | None, bool]:
    """With the call beside it, as far as it may be seen; of another's draft, and of a calibration that is another's,
    nothing is.
    """
    centre, by, insurer = side().centre, evaluator(), own_insurer()
    now = centre.clock.now()
    with audited_reading(centre.database, "show_evaluation") as tx:
        row = evaluations.evaluation_of(tx, insurer.id, evaluation_id)
        is_others = row.account_id != by.account_id
        if is_others and (row.submitted_at is None or row.calibration_id is not None):
            raise OutOfSight(evaluation_id)
        is_veiled = bool(veiled(tx, [row], by))
        view = evaluation_view(tx, library(), row)
        call = call_view(tx, insurers=centre.insurers, insurer=insurer, call_id=row.call_id, by=actor(), at=now)
        if not is_veiled:
            evaluations.note(tx, row, "evaluation_shown", by=by.name, at=now)
    return view, call, is_veiled


def _quality_of_call(call_id: str) -> list[tuple[Spoken, Evaluation | None]]:
    """Who had the call, each with their evaluation; empty where nothing of it is judged."""
    insurer = own_insurer()
    with side().centre.database.reading("quality_of_call") as tx:
        call = tx.get(Call, call_id)
        if call is None or call.ended_at is None or is_nobodys(tx, insurer, call):
            return []
        return [(one, evaluations.counted_of(tx, call_id, one.agent_id)) for one in spoken_in(tx, call)]
