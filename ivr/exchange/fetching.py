"""Does one web request over real HTTP: signed, capped at 15 seconds, retried as Twilio does."""

from __future__ import annotations

import base64
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ivr.exchange.signature import sign
from ivr.exchange.webrequest import (
    Patience,
    WebReply,
    WebRequest,
    get_url,
    patience_of,
)

MOST_READ = 64 * 1024 + 1


class Fetcher:
    """Sends web requests; safe to share between threads, each of which keeps its connections."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every thread's connections."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def fetch(self, request: WebRequest) -> WebReply:
        """Send the request, as often as it says; the reply that counts comes back."""
        if not _is_usable(request.url):
            return WebReply(error=11100)
        replies = [self._fetch_once(request) for _ in range(request.copies)]
        if request.loses_first_answer:
            return self._fetch_once(request)
        return replies[0]

    def _fetch_once(self, request: WebRequest) -> WebReply:
        patience = patience_of(request.url)
        until = time.monotonic() + patience.total
        reply = WebReply(error=11205)
        for _attempt in range(patience.retries + 1):
            left = until - time.monotonic()
            if left <= 0:
                break
            reply, kind = self._attempt(request, patience, left)
            if not kind or not patience.retries_on(kind):
                break
        return reply

    def _attempt(self, request: WebRequest, patience: Patience, left: float) -> tuple[WebReply, str]:
        """One attempt: the reply, and the kind of failure as retry policies name it."""
        try:
            reply = self._send(request, patience, left)
        except requests.exceptions.SSLError:
            return WebReply(error=11220), ""
        except requests.exceptions.TooManyRedirects:
            return WebReply(error=11215), ""
        except requests.exceptions.ReadTimeout:
            return WebReply(error=11205), "rt"
        except requests.exceptions.InvalidURL:
            return WebReply(error=11100), ""
        except requests.exceptions.RequestException:
            return WebReply(error=11205), "ct"
        return reply, _kind_of(reply.status)

    def _send(self, request: WebRequest, patience: Patience, left: float) -> WebReply:
        response = self._respond(request, patience, left, None)
        login = _credentials(request.url)
        if response.status_code == 401 and login:
            response.close()
            response = self._respond(request, patience, left, login)
        body = _read_capped(response, time.monotonic() + left)
        kind = response.headers.get("Content-Type", "")
        error = 0 if 200 <= response.status_code < 300 else 11200
        return WebReply(response.status_code, kind, body, error)

    def _respond(
        self, request: WebRequest, patience: Patience, left: float, login: str | None
    ) -> requests.Response:
        is_get = request.method == "GET"
        fields = request.fields
        plain = get_url(request.url, fields) if is_get else request.url.partition("#")[0]
        # Signed as it is sent: the application sees letters of other scripts percent-encoded.
        url = requests.utils.requote_uri(plain)
        signature = sign(request.auth_token, url, () if is_get else fields)
        headers = {
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": request.token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        if login:
            headers["Authorization"] = f"Basic {login}"
        if not is_get:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return self._session().request(
            request.method,
            _without_credentials(url),
            data=None if is_get else urlencode(fields).encode(),
            headers=headers,
            timeout=(min(patience.connect, left), min(patience.read, left)),
            stream=True,
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _new_session()
            with self._lock:
                self._sessions.append(session)
        return session


def _new_session() -> requests.Session:
    """A session that no environment variable and no other call's cookie can influence."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 10
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _kind_of(status: int) -> str:
    return f"{status // 100}xx" if status >= 400 else ""


def _is_usable(url: str) -> bool:
    parts = urlsplit(url)
    # Twilio refuses callback hosts with an underscore (twilio.md §1).
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host


def _credentials(url: str) -> str | None:
    """The ``user:password`` of a URL, encoded for a Basic challenge."""
    user, at, _host = urlsplit(url).netloc.rpartition("@")
    return base64.b64encode(unquote(user).encode()).decode() if at else None


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _read_capped(response: requests.Response, until: float) -> bytes:
    """The body up to the size limit; one that drips past the time cap counts as timed out."""
    found = bytearray()
    with response:
        while len(found) < MOST_READ:
            # What has come, and not a full chunk, for which a body that drips would be waited for without end.
            chunk = _read_some(response)
            if not chunk:
                break
            found += chunk
            if time.monotonic() > until:
                raise requests.exceptions.ReadTimeout
    return bytes(found[:MOST_READ])


def _read_some(response: requests.Response) -> bytes:
    """The next bytes as they come, none at the end; raises `requests`'s errors, as whoever reads a chunk expects."""
    try:
        return bytes(response.raw.read1(16 * 1024, decode_content=True))
    except (TimeoutError, ReadTimeoutError) as error:
        raise requests.exceptions.ReadTimeout from error
    except (HTTPError, OSError) as error:
        raise requests.exceptions.ConnectionError from error
