"""Fetching a recording's sound: from the carrier's own addresses only, unpacked, and no more of it than is allowed.

The url is made from the recording's sid and never taken from a webhook; where the carrier sends us on, the target must
be the carrier's too.
"""

import io
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from config.clock import stopwatch
from ivr.carrier.errors import CarrierUnavailable, Unusable
from ivr.carrier.exchanges import error_for

_VERB: Final = "fetch_recording"
_SID: Final = re.compile(r"[A-Za-z0-9]{2,64}")
_PIECE: Final = 64 * 1024
_MOST_MOVES: Final = 3
# Where a carrier of this contract keeps its media beside its API.
_ALSO_OURS: Final = (".twilio.com", ".twiliocdn.com")
LONGEST_SECONDS: Final = 300.0
"""However slowly it trickles in: whoever begins it anew after a lease must not find the first one still at it for ever
(`recordings.keeping.FETCHED_WITHIN` builds on it).
"""


@dataclass(frozen=True)
class MediaShelf:
    """Where the carrier keeps recordings: `url` is the folder of the account's, `auth` the account and its token."""

    session: requests.Session
    url: str
    auth: tuple[str, str]
    timeout_seconds: float

    def wav(self, sid: str, *, most_bytes: int) -> bytes:
        """The sound of a recording. Raises Unusable, CarrierUnavailable, and what the carrier's status means."""
        if not _SID.fullmatch(sid):
            raise Unusable(_VERB, "no recording is called so")
        try:
            with self._answer(f"{self.url}/{sid}.wav") as reply:
                return _body(reply, most_bytes)
        except (requests.RequestException, HTTPError) as error:
            # The latter where it breaks off on the way: the raw bytes come without requests's own names for that.
            raise CarrierUnavailable(_VERB) from error

    def _answer(self, url: str) -> requests.Response:
        """The answer to a GET, wherever the carrier keeps it now; our token goes to the API itself alone."""
        for _ in range(_MOST_MOVES):
            reply = self.session.get(
                url,
                auth=self.auth if _origin(url) == _origin(self.url) else None,
                headers={"Accept-Encoding": "identity"},
                timeout=self.timeout_seconds,
                stream=True,
                allow_redirects=False,
            )
            if not reply.is_redirect:
                return reply
            reply.close()
            url = urljoin(url, reply.headers["Location"])
            if not self._is_carriers(url):
                raise Unusable(_VERB, "we were sent on to an address that is not the carrier's")
        raise Unusable(_VERB, "we were sent on too often")

    def _is_carriers(self, url: str) -> bool:
        if _origin(url) == _origin(self.url):
            return True
        target = urlsplit(url)
        is_safe = target.scheme == "https" and self.url.startswith("https://")
        return is_safe and (target.hostname or "").endswith(_ALSO_OURS)


def _body(reply: requests.Response, most_bytes: int) -> bytes:
    if reply.status_code != 200:
        raise error_for(_VERB, status=reply.status_code, code=None)
    if reply.headers.get("Content-Encoding", "identity") != "identity":
        raise Unusable(_VERB, "the answer is packed, which was not asked for")
    until = stopwatch() + LONGEST_SECONDS
    # What it holds is handed out as it lies there: bytes made of a bytearray would be a second copy.
    content = io.BytesIO()
    # The raw bytes: nothing is unpacked, whatever it turns out to be.
    while piece := reply.raw.read(_PIECE, decode_content=False):
        content.write(piece)
        if content.tell() > most_bytes:
            raise Unusable(_VERB, f"the recording is longer than {most_bytes} bytes")
        if stopwatch() > until:
            raise CarrierUnavailable(_VERB)
    return content.getvalue()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
