"""Answers to the carrier: a document, nothing to say, or a way on where the turn failed."""

import logging
from collections.abc import Callable

from flask import Response
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from ivr.errors import CallUnreadable
from ivr.phone_side import PhoneSide
from ivr.turns.apologies import way_on
from ivr.twiml.elements import Xml

log = logging.getLogger("pult.web")


def document(xml: Xml) -> Response:
    """TwiML."""
    return Response(xml, mimetype="text/xml")


def noted() -> Response:
    """News was heard; the carrier expects nothing."""
    return Response(status=204)


def turn(phone: PhoneSide, call_id: str, take: Callable[[], Xml], way: Callable[[], Xml] | None = None) -> Response:
    """The turn's document. A failed turn is answered all the same: an apology and a way on (`way`, else duty number).

    Only where the call cannot be read, or the database is gone, the answer is 503: the carrier then goes to the
    fallback, which needs neither.
    """
    return opening(call_id, take, way if way is not None else lambda: way_on(phone, call_id))


def opening(call_id: str, take: Callable[[], Xml], way: Callable[[], Xml]) -> Response:
    """As `turn`, where the call may not be known yet: its first document, or the apology that `way` makes."""
    try:
        return document(take())
    except (CallUnreadable, OperationalError):
        log.exception("call %s cannot be read", call_id)
        return unreadable()
    except Exception:
        log.exception("a turn of call %s failed", call_id)
    try:
        return document(way())
    except Exception:
        log.exception("call %s got no apology either", call_id)
        return unreadable()


def failed(error: Exception) -> ResponseReturnValue:
    """Registered with the app: news that could not be taken in. Nobody hears the answer; the log has the reason."""
    if isinstance(error, HTTPException):
        return error
    log.error("a webhook failed", exc_info=error)
    return Response("this cannot be taken in now", status=503, mimetype="text/plain")


def unreadable() -> Response:
    """To the fallback."""
    return Response("the call cannot be read", status=503, mimetype="text/plain")
