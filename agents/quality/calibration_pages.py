"""The routes of calibration: take a seat, and compare when both are done."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from agents.accounts.models import Role
from agents.errors import OutOfSight
from agents.quality.calibrations import calibrate, comparison
from agents.quality.errors import NotScorable
from agents.quality.evaluations import note
from agents.quality.parts import WHY_NOT, evaluator, library
from agents.staff.failures import Words, page
from agents.staff.guarding import only_for
from agents.staff.parts import refused_page
from agents.staff.side import side, staff
from config.audit import audited_reading

bp: Final = Blueprint("calibration", __name__, url_prefix="/quality/calibrations", template_folder="templates")


@bp.errorhandler(OutOfSight)
def unknown(_error: OutOfSight) -> ResponseReturnValue:
    """There is no such calibration, or no such call."""
    return page(404, Words(lazy_gettext("There is no such calibration"), lazy_gettext("Go on from the list of them.")))


@bp.errorhandler(NotScorable)
def not_scorable(error: NotScorable) -> ResponseReturnValue:
    """Nobody, or not this supervisor, calibrates this."""
    return refused_page(WHY_NOT[error.why])


@bp.post("")
@only_for(Role.SUPERVISOR)
def take_seat() -> ResponseReturnValue:
    """Evaluate the conversation beside another supervisor; one's own evaluation is opened."""
    id_ = calibrate(
        side().centre,
        library(),
        insurer_id=staff().insurer_id,
        call_id=request.form.get("call", "")[:32],
        agent_id=request.form.get("agent", "")[:32],
        by=evaluator(),
    )
    return redirect(url_for("scoring.show", evaluation_id=id_), 303)


@bp.get("/<calibration_id>")
@only_for(Role.SUPERVISOR)
def compare(calibration_id: str) -> ResponseReturnValue:
    """Both, question by question, for every supervisor, once both are submitted; the look is audited."""
    centre = side().centre
    with audited_reading(centre.database, "compare_calibration") as tx:
        both = comparison(tx, library(), insurer_id=staff().insurer_id, calibration_id=calibration_id)
        if both is not None:
            now = centre.clock.now()
            note(
                tx, both.evaluations[0], "calibration_compared", by=evaluator().name, at=now, calibration=calibration_id
            )
    if both is None:
        return refused_page(lazy_gettext("Both evaluations are shown when both are submitted."))
    return render_template("quality/comparison.html", both=both)
