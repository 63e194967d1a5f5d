"""Addresses that an administrator writes: checked once, and a mistake is told with the setting that holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from config.errors import ConfigError
from config.ports import require_free

if TYPE_CHECKING:
    from config.settings import Settings

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}
_HERE: Final = ("127.0.0.1", "localhost")
_METRICS: Final = "http://127.0.0.1:9180"
_LEAST_TOKEN: Final = 16


@dataclass(frozen=True)
class Address:
    """A place on this machine to listen at: for which program, and which setting moves it."""

    host: str
    port: int
    purpose: str
    setting: str

    @property
    def url(self) -> str:
        """Where its HTTP server answers."""
        return f"http://{self.host}:{self.port}"

    def require_free(self) -> None:
        """Raise ConfigError, in one line that names port and setting, where it cannot be had."""
        require_free(self.host, self.port, self.purpose, self.setting)


def public_url(setting: str, written: str) -> str:
    """`written` without a slash at its end. Raises ConfigError unless it is http(s)://host[:port][/path].

    A path is where a proxy finds us, which it takes off before it passes a request on.
    """
    parts = _split(setting, written, ("http", "https"), "http://127.0.0.1:8080")
    if parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{setting} must be an address alone, such as http://127.0.0.1:8080, with nothing behind it.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def fallback_url(public: str) -> str:
    """Where the fallback is asked unless a setting says otherwise: beside a web server on this machine, else (behind a
    proxy, which tells them apart by path) where the web server is.
    """
    return "http://127.0.0.1:8081" if urlsplit(public).hostname in _HERE else public


def origin_of(url: str) -> str:
    """What a browser calls the origin of a page at this address: no path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def http_url(setting: str, written: str) -> str:
    """As `public_url`, for a place that is asked directly: no path either."""
    url = public_url(setting, written)
    if urlsplit(url).path:
        raise ConfigError(f"{setting} must be an address alone, such as http://127.0.0.1:8080, with nothing behind it.")
    return url


def redis_url(setting: str, written: str) -> str:
    """`written` as it is. Raises ConfigError unless it is redis(s)://[user:password@]host[:port][/number] or unix://."""
    if written.startswith("unix://"):
        return written
    parts = _split(setting, written, ("redis", "rediss"), "redis://127.0.0.1:6379/0")
    if parts.path.strip("/") and not parts.path.strip("/").isdecimal():
        raise ConfigError(f"{setting} must end in the number of a database, such as redis://127.0.0.1:6379/0.")
    return written


def web_address(settings: "Settings") -> Address:
    """Where the web server listens: PULT_WEB_BIND, else where the public URL points."""
    return _listening(settings, "PULT_WEB_BIND", "PULT_PUBLIC_URL", settings.public_url, "the web server")


def desk_address(settings: "Settings") -> Address:
    """Where the desk's server listens: PULT_DESK_BIND, else where its URL points."""
    return _listening(settings, "PULT_DESK_BIND", "PULT_DESK_URL", settings.desk_url, "the desk")


def fallback_address(settings: "Settings") -> Address:
    """Where the fallback listens: PULT_FALLBACK_BIND, else where its URL points.

    Raises ConfigError where the web server does: one of them would keep the other from starting.
    """
    here = _listening(settings, "PULT_FALLBACK_BIND", "PULT_FALLBACK_URL", settings.fallback_url, "the fallback")
    web = web_address(settings)
    if (web.host, web.port) == (here.host, here.port):
        raise _both_wanted(web, here)
    return here


def metrics_address(settings: "Settings") -> Address:
    """Where figures are given out: PULT_METRICS_BIND, else a port that only this machine can reach.

    Raises ConfigError where others could reach it and there is no token that they would need.
    """
    bound = settings.named.get("PULT_METRICS_BIND", "").strip() or _METRICS
    here = _address("PULT_METRICS_BIND", http_url("PULT_METRICS_BIND", bound), "figures")
    if here.host not in _HERE and not metrics_token(settings):
        raise ConfigError(
            f"PULT_METRICS_TOKEN must be set where figures are given out beyond this machine ({here.url})."
        )
    return here


def metrics_token(settings: "Settings") -> str | None:
    """What whoever asks for figures must bring, if anything. Raises ConfigError for one that can be guessed."""
    token = settings.named.get("PULT_METRICS_TOKEN", "").strip() or None
    if token is not None and len(token) < _LEAST_TOKEN:
        raise ConfigError(f"PULT_METRICS_TOKEN must have at least {_LEAST_TOKEN} characters.")
    return token


def exchange_address(settings: "Settings") -> Address:
    """Where the exchange listens."""
    return _address("PULT_CARRIER_URL", settings.carrier_url, "the exchange")


def voice_address(settings: "Settings") -> Address | None:
    """Where the exchange listens for telephones in pages; None where it may take any port."""
    port = settings.number("PULT_VOICE_PORT", default=0, least=0, most=65_535)
    host = exchange_address(settings).host
    return Address(host, port, "telephones in pages", "PULT_VOICE_PORT") if port else None


def voice_sdk_address(settings: "Settings") -> Address | None:
    """Where the exchange listens, over TLS, for telephones of Twilio's kind; None where pages use its own."""
    port = settings.number("PULT_VOICE_SDK_PORT", default=0, least=0, most=65_535)
    host = exchange_address(settings).host
    return Address(host, port, "telephones of Twilio's kind", "PULT_VOICE_SDK_PORT") if port else None


def redis_address(settings: "Settings") -> Address | None:
    """Where an embedded Redis listens; None where Redis is somewhere else."""
    address = _address("PULT_REDIS_URL", settings.redis_url, "the embedded Redis")
    is_ours = settings.redis_url.startswith("redis://") and "@" not in settings.redis_url and address.host in _HERE
    return address if is_ours else None


def require_all_free(addresses: Iterable[Address]) -> None:
    """Raise ConfigError, in one line, for the first address that cannot be had or that two programs want."""
    wanted: dict[int, Address] = {}
    for address in addresses:
        other = wanted.setdefault(address.port, address)
        if other is not address:
            raise _both_wanted(other, address)
        address.require_free()


def _both_wanted(one: Address, other: Address) -> ConfigError:
    return ConfigError(
        f"port {one.port} is wanted by {one.purpose} ({one.setting}) and by {other.purpose} "
        f"({other.setting}): set one of them to another."
    )


def _listening(settings: "Settings", bind: str, public: str, url: str, purpose: str) -> Address:
    bound = settings.named.get(bind, "").strip()
    return _address(bind, http_url(bind, bound), purpose) if bound else _address(public, url, purpose)


def _address(setting: str, url: str, purpose: str) -> Address:
    parts = urlsplit(url)
    return Address(parts.hostname or _HERE[0], parts.port or _PORTS.get(parts.scheme, 0), purpose, setting)


def _split(setting: str, written: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """The parts. What was written is not quoted: a password may be in it."""
    try:
        parts = urlsplit(written.strip().rstrip("/"))
        is_good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"{setting} is no address such as {example}.")
    return parts
