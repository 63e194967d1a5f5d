"""Parts of pages that have addresses of their own: asked for by a script a part alone, opened by a person a page."""

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.staff.failures import Words, page


def part(template: str, title: str, **values: object) -> ResponseReturnValue:
    """The part that `template` renders; within a plain page of that title where a person opened its address."""
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return render_template("part_page.html", part=template, part_title=title, **values)
    return render_template(template, **values)


def refused_page(why: LazyString, code: int = 409) -> Response:
    """Nothing was changed, and why, in one sentence: for a person who sent a form."""
    return page(code, Words(why, lazy_gettext("Nothing was changed.")))


def refused_text(why: LazyString | str) -> Response:
    """409 with a sentence: for a script, which shows it to whoever asked."""
    return make_response(str(why), 409, {"Content-Type": "text/plain; charset=utf-8"})
