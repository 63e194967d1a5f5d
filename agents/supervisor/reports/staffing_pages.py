"""The route of the staffing page: agents needed in the next hours next to agents on shift."""

from typing import Final

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import own_insurer, side
from agents.supervisor.reports.charts import bar_chart
from agents.supervisor.reports.staffing import WEEKS, busiest_queue, staffing

bp: Final = Blueprint("staffing", __name__, url_prefix="/reports/staffing")

LEVELS: Final = (70, 80, 90, 95)
_USUAL: Final = 80


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """The next hours of one queue, the busiest where none is named."""
    insurer, zone, now = own_insurer(), own_insurer().time_zone, side().centre.clock.now()
    name, level = request.args.get("queue"), request.args.get("level", _USUAL, type=int)
    if (name and name not in insurer.queues) or level not in LEVELS:
        abort(400)
    with side().centre.database.reading("staffing") as tx:
        queue = insurer.queues[name] if name else busiest_queue(tx, insurer=insurer, at=now)
        found = staffing(tx, insurer=insurer, queue=queue, service_level=level / 100, at=now)
    names = [f"{one.since.astimezone(zone):%H:%M}" for one in found.needs]
    stacks = [_pieces(one.needed, one.on_shift) for one in found.needs]
    return render_template(
        "supervisor/staffing.html",
        found=found,
        queue=queue,
        level=level,
        levels=LEVELS,
        most_weeks=WEEKS,
        queues=[(one.name, one.title[language()]) for one in insurer.queues.values()],
        chart=bar_chart(names, stacks, written=lambda value: f"{value:g}"),
        zone=zone,
    )


def _pieces(needed: int | None, on_shift: int) -> list[tuple[str, float]]:
    """Needed and there, needed and missing; those who are there beyond the need are not drawn."""
    if needed is None:
        return []
    there = min(needed, on_shift)
    return [(kind, float(count)) for kind, count in (("in-time", there), ("late", needed - there)) if count]
