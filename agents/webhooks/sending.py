"""Sends one request to an address that an administrator named, and to nowhere else.

The name is resolved here, every address behind it is judged, and the connection is made to the very address that was
judged: a name that leads elsewhere the next moment leads nowhere. No proxy, no redirect, and no more than
`PATIENCE_SECONDS` for everything, so that whoever hangs, or answers a byte at a time, holds no worker for longer.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from agents.webhooks.errors import WebhookError
from config.database import refuse_inside_transaction
from config.errors import ConfigError
from config.settings import Settings

PATIENCE_SECONDS: Final = 5.0
_NOT_PUBLIC: Final = "it leads to an address that is not public: see PULT_WEBHOOK_NETWORKS"
_PORTS: Final = {"https": 443, "http": 80}
# These carry an IPv4 address within: what it leads to is what counts.
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Reach:
    """Where webhooks may go beside public addresses over https."""

    networks: tuple[_Network, ...] = ()
    may_be_plain: bool = False

    def allows(self, address: str) -> bool:
        """Whether the address is public, or one of the installation's own that it named."""
        judged = _judged(ipaddress.ip_address(address.partition("%")[0]))
        is_named = any(judged in network for network in self.networks if network.version == judged.version)
        return is_named or (judged.is_global and not judged.is_multicast)


@dataclass(frozen=True)
class Sent:
    """What came of one attempt: `answer` is the status in digits, or in words why there was none."""

    is_taken: bool
    answer: str
    is_gone: bool = False


def reach_of(settings: Settings) -> Reach:
    """What the settings allow. Raises ConfigError."""
    try:
        networks = tuple(
            ipaddress.ip_network(one) for one in settings.named.get("PULT_WEBHOOK_NETWORKS", "").split()
        )
    except ValueError as error:
        raise ConfigError(f"PULT_WEBHOOK_NETWORKS must be networks, such as 10.20.0.0/16: {error}") from None
    return Reach(networks, may_be_plain=settings.named.get("PULT_WEBHOOK_PLAIN", "") == "1")


def checked_url(url: str, reach: Reach) -> SplitResult:
    """The address in its parts. Raises WebhookError, which says how to write it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise WebhookError("this is no address: write https://host/path") from None
    schemes = ("https", "http") if reach.may_be_plain else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise WebhookError(f"an endpoint's address begins with {' or '.join(f'{one}://' for one in schemes)}")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookError("an endpoint's address has no name, password or fragment in it: webhooks are signed")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookError("an endpoint's address is plain ASCII")
    if not _may_be_meant(parts.hostname, reach):
        raise WebhookError(_NOT_PUBLIC)
    return parts


def _may_be_meant(host: str, reach: Reach) -> bool:
    """Whether an address in digits is one that webhooks may go to; where a name leads is seen when it is asked."""
    try:
        return reach.allows(host)
    except ValueError:
        return True


def send(url: str, *, body: bytes, headers: Mapping[str, str], reach: Reach) -> Sent:
    """Post the body; whatever happens is an answer. Taken is who answers 2xx."""
    refuse_inside_transaction("send a webhook")
    attempt = _Attempt(url, body, headers, reach)
    thread = threading.Thread(target=attempt.run, daemon=True, name="webhook")
    thread.start()
    thread.join(PATIENCE_SECONDS)
    return attempt.result or attempt.abandon()


class _Attempt:
    """One request on a thread of its own, left to itself when patience is over: a resolver cannot be stopped."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> None:
        self.result: Sent | None = None
        self._url, self._body, self._reach = url, body, reach
        self._headers = {**headers, "Content-Type": "application/json", "User-Agent": "Pult"}
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Whatever comes is a result."""
        try:
            self.result = self._sent()
        except WebhookError as error:
            self.result = Sent(False, str(error))
        except ssl.SSLCertVerificationError as error:
            self.result = Sent(False, f"its certificate is not to be trusted: {error.verify_message}")
        except TimeoutError:
            self.result = Sent(False, "timed out")
        except (OSError, http.client.HTTPException) as error:
            self.result = Sent(False, f"no answer ({type(error).__name__})")

    def abandon(self) -> Sent:
        """Let go of the connection, under the thread's hands."""
        if self._connection is not None and self._connection.sock is not None:
            # Closing alone waits for whoever reads: the thread would go on as long as bytes come.
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        return Sent(False, "timed out")

    def _sent(self) -> Sent:
        parts = checked_url(self._url, self._reach)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        kind = _Safe if parts.scheme == "https" else _Plain
        self._connection = kind(host, port, _judged_address(host, port, self._reach))
        try:
            target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            self._connection.request("POST", target, body=self._body, headers=self._headers)
            status = self._connection.getresponse().status
        finally:
            self._connection.close()
        if 300 <= status < 400:
            return Sent(False, f"{status}: redirects are not followed")
        return Sent(200 <= status < 300, str(status), is_gone=status == http.client.GONE)


def _judged_address(host: str, port: int, reach: Reach) -> str:
    """The address to connect to. One that is not allowed among several is one too many."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise WebhookError("its name leads nowhere") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses or not all(reach.allows(one) for one in addresses):
        raise WebhookError(_NOT_PUBLIC)
    return addresses[0]


class _Plain(http.client.HTTPConnection):
    """Straight to a judged address; the name is only what the request says."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=PATIENCE_SECONDS)
        self._address = address

    def connect(self) -> None:
        """Called by `http.client`."""
        self.sock = socket.create_connection((self._address, self.port), PATIENCE_SECONDS)


class _Safe(_Plain):
    """The same over TLS: the certificate must be the name's."""

    def connect(self) -> None:
        """Called by `http.client`."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _judged(address: _Address) -> _Address:
    """The address that this one leads to: IPv4 may be written within IPv6."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
