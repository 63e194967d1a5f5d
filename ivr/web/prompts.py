"""The recordings of prompts, for whoever has an address that was sealed here: the carrier, which caches them."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from flask import Blueprint, Response, request

from ivr.packs.addresses import BadAddress, Played
from ivr.packs.composing import RecordingGone, composed
from ivr.packs.pack import Shelf
from ivr.phone_side import PhoneSide

_MOST_KEPT: Final = 128


def prompts_blueprint(phone: PhoneSide) -> Blueprint:
    """`GET /prompts/<day>/<token>.wav`: 403 for an address that was not made here or is too old, 404 where a recording
    was replaced since.
    """
    bp = Blueprint("prompts", __name__, url_prefix="/prompts")
    sound = _kept(phone.deliveries.shelf)

    @bp.get("/<int:day>/<token>.wav")
    def prompt(day: int, token: str) -> Response:
        """One prompt's sound."""
        addresses = phone.deliveries.addresses
        try:
            if addresses is None:
                raise BadAddress("nothing is played here")
            content = sound(addresses.read(day, token, phone.centre.clock.now()))
        except BadAddress as error:
            return Response(str(error), status=403, mimetype="text/plain")
        except RecordingGone:
            return Response("the recording was replaced", status=404, mimetype="text/plain")
        return _wav(content)

    return bp


def _kept(shelf: Shelf) -> Callable[[tuple[Played, ...]], bytes]:
    """Composes prompts, the latest kept: most calls hear the same few."""

    @lru_cache(maxsize=_MOST_KEPT)
    def sound(played: tuple[Played, ...]) -> bytes:
        return composed(shelf, played)

    return sound


def _wav(content: bytes) -> Response:
    response = Response(content, mimetype="audio/wav")
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    # The same address never has another sound.
    response.headers["Cache-Control"] = "public, max-age=86400, immutable"
    response.make_conditional(request)
    return response
