"""Parts of the desk that have addresses of their own: asked for by a script a part alone, opened by a person a page."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.staff.failures import Words, page


def part(template: str, title: str, **values: object) -> ResponseReturnValue:
    """The part that `template` renders; within a plain page of that title where a person opened its address."""
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return render_template("desk/part_page.html", part=template, part_title=title, **values)
    return render_template(template, **values)


def refused(why: LazyString, code: int = 409) -> Response:
    """Nothing was changed, and why, in one sentence."""
    return page(code, Words(why, lazy_gettext("Nothing was changed.")))
