"""What every page of quality needs: who evaluates, the score cards, and the words for states, refusals and answers."""

from collections.abc import Mapping
from typing import Final, cast

from flask import current_app, render_template, request
from flask_babel import lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from agents.models.evaluations import EvaluationState
from agents.quality.card_library import CardLibrary
from agents.quality.cards import NO, NOT_APPLICABLE, YES
from agents.quality.conversations import Evaluator
from agents.quality.errors import Unanswered, Why
from agents.quality.searching import ResultKind
from agents.staff.side import actor, staff
from config.centre import Centre

EXTENSION: Final = "pult_score_cards"

WHY_NOT: Final[Mapping[Why, LazyString]] = {
    Why.GOES_ON: lazy_gettext("The call still goes on. Evaluate it when it is over."),
    Why.ANONYMOUS: lazy_gettext("Calls of the psychologist are not evaluated."),
    Why.OWN_CALL: lazy_gettext("You were in this call yourself: another supervisor evaluates it."),
    Why.NOT_IN_IT: lazy_gettext("This agent did not have the call."),
    Why.NO_CARD: lazy_gettext("No score card is named for this line, or it cannot be read. Tell the administrator."),
    Why.BEGUN: lazy_gettext("Another supervisor evaluates this conversation now."),
    Why.TAKEN: lazy_gettext("Two supervisors calibrate this conversation already."),
}
STATES: Final[Mapping[str, LazyString]] = {
    EvaluationState.DRAFT: lazy_gettext("draft"),
    EvaluationState.SUBMITTED: lazy_gettext("submitted"),
    EvaluationState.DISPUTED: lazy_gettext("disputed"),
    EvaluationState.UPHELD: lazy_gettext("disputed, upheld"),
    EvaluationState.CHANGED: lazy_gettext("disputed, changed"),
    EvaluationState.DROPPED: lazy_gettext("dropped"),
}
RESULTS: Final[Mapping[ResultKind, LazyString]] = {
    ResultKind.PASSED: lazy_gettext("Passed"),
    ResultKind.FAILED: lazy_gettext("Failed"),
    ResultKind.DISPUTED: lazy_gettext("Disputes to answer"),
    ResultKind.UPHELD: lazy_gettext("Upheld after a dispute"),
    ResultKind.CHANGED: lazy_gettext("Changed after a dispute"),
}
_ANSWERS: Final[Mapping[str, LazyString]] = {
    YES: lazy_gettext("Yes"),
    NO: lazy_gettext("No"),
    NOT_APPLICABLE: lazy_gettext("N/A"),
}
_NOTHING_APPLIES: Final = lazy_gettext("No question applies, so there is nothing to score. Drop the draft instead.")
_WHOLE_PERCENT: Final = 10


def cards_of(centre: Centre) -> CardLibrary:
    """The score cards of a site that starts: what is on disk is taken up."""
    library = CardLibrary(centre)
    library.install()
    return library


def library() -> CardLibrary:
    """The site's score cards, in a request."""
    return cast(CardLibrary, current_app.extensions[EXTENSION])


def evaluator() -> Evaluator:
    """Whoever asks, as one who evaluates."""
    return Evaluator(staff().account_id, actor(), staff().agent_id)


def answer_words(value: str | None) -> str:
    """An answer in words; a mark as it is, a dash where there is none."""
    return "–" if value is None else str(_ANSWERS.get(value, value))


def percent(tenths: int | None) -> str:
    """'86,7 %' of 867 tenths; whole percents without a comma."""
    if tenths is None:
        return "–"
    whole, rest = divmod(tenths, _WHOLE_PERCENT)
    return f"{whole},{rest}\N{NO-BREAK SPACE}%" if rest else f"{whole}\N{NO-BREAK SPACE}%"


def unanswered_words(error: Unanswered) -> str:
    """What lacks before an evaluation can be submitted."""
    if not error.questions:
        return str(_NOTHING_APPLIES)
    return str(ngettext("%(num)s question has no answer", "%(num)s questions have no answer", len(error.questions)))


def page_or_part(name: str, **values: object) -> str:
    """The page of that name; its live part alone where a script asks for it."""
    is_part = request.headers.get("Sec-Fetch-Dest") == "empty"
    return render_template(f"quality/{name}_part.html" if is_part else f"quality/{name}.html", **values)


def words() -> dict[str, object]:
    """For every template of quality."""
    return {"answer_words": answer_words, "percent": percent, "evaluation_states": STATES}
