"""Settings: read once, from the environment and an optional file, by whoever composes the program."""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from config.addresses import fallback_url, http_url, public_url, redis_url
from config.errors import ConfigError, SettingMissing

HERE = Path(__file__).resolve().parent
OWN_REDIS_URL = "redis://127.0.0.1:6399/0"
"""Where the embedded Redis answers if nothing else is said."""

DEMO: Final = HERE / "demo"
CENTRE_FILE: Final = "centre.env"
"""In the data folder: what `pult demo` chose for the centre there, an account of its own among it."""

_SEAL_KEY_FILE: Final = "seal.key"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WHOSE: Final = "the data folder must belong to whoever runs Pult; else set PULT_DATA_DIR to another."
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Settings:
    """Everything that an installation may choose. Urls carry no trailing slash."""

    data_dir: Path
    database_url: str
    redis_url: str
    public_url: str
    fallback_url: str
    desk_url: str
    carrier_url: str
    account_sid: str
    auth_token: str = field(repr=False)
    seal_key: bytes = field(repr=False)
    lines_dir: Path
    flows_dir: Path
    score_cards_dir: Path
    named: Mapping[str, str] = field(repr=False)
    turn_redis_seconds: float = 0.05
    secret_pepper: bytes = field(repr=False, default=b"")
    audit_key: bytes = field(repr=False, default=b"")
    """Chains the audit (`config/audit_chain.py`); in no database, so that who changes rows cannot chain them anew."""
    api_key_sid: str = ""
    """The key that signs the access tokens of agents' softphones, and the application that their calls ask."""
    api_key_secret: str = field(repr=False, default="")
    application_sid: str = ""

    def require(self, name: str, purpose: str) -> str:
        """The setting `name` out of the environment; raises SettingMissing naming it and its `purpose`."""
        value = self.named.get(name, "").strip()
        if not value:
            raise SettingMissing(f"{name} is not set: {purpose}. Set it in the environment or in pult.env.")
        return value

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        """The whole number that the setting `name` gives; raises ConfigError unless it is from `least` to `most`."""
        written = self.named.get(name, "").strip() or str(default)
        if not written.isdecimal() or not least <= int(written) <= most:
            raise ConfigError(f"{name} must be a whole number from {least} to {most}.")
        return int(written)


def desk_threads(settings: Settings) -> int:
    """How many threads serve the pages: one for each browser that is open, and some for everything else."""
    return settings.number("PULT_DESK_THREADS", default=320, least=32, most=4096)


def dial_prefixes(settings: Settings) -> tuple[str, ...]:
    """How the numbers begin that agents may dial and callers be diverted to; everything else is refused."""
    return tuple(settings.named.get("PULT_DESK_DIAL", "+7").split())


def demo_settings() -> dict[str, str]:
    """The settings that the demo adds: numbers that cannot exist, for what the sources leave out."""
    return read_env_file(DEMO / "demo.env")


def named_values(
    environ: Mapping[str, str], *, folder: Path | None = None, defaults: Mapping[str, str] = _NOTHING
) -> dict[str, str]:
    """`environ` over `pult.env` in `folder` (default: the current one) over `defaults`.

    Raises ConfigError for a broken file.
    """
    return {**defaults, **read_env_file((folder or Path.cwd()) / "pult.env"), **environ}


def data_dir_of(named: Mapping[str, str], *, folder: Path | None = None) -> Path:
    """The data folder: a setting, else `.pult` in `folder` (default: the current one). Raises ConfigError."""
    try:
        return Path(named.get("PULT_DATA_DIR") or (folder or Path.cwd()) / ".pult").expanduser()
    except RuntimeError as error:
        raise ConfigError(f"PULT_DATA_DIR: {error}") from error


def lines_dir_of(named: Mapping[str, str]) -> Path:
    """The folder of the line descriptions: a setting, else the package's."""
    return Path(named.get("PULT_LINES_DIR", str(HERE / "lines")))


def flows_dir_of(named: Mapping[str, str]) -> Path:
    """The folder of the flows: a setting, else the package's."""
    return Path(named.get("PULT_FLOWS_DIR", str(HERE.parent / "flows")))


def score_cards_dir_of(named: Mapping[str, str]) -> Path:
    """The folder of the score cards: a setting, else the package's."""
    return Path(named.get("PULT_SCORE_CARDS_DIR", str(HERE / "score_cards")))


def read_settings(
    environ: Mapping[str, str], *, folder: Path | None = None, defaults: Mapping[str, str] = _NOTHING
) -> Settings:
    """Settings from `environ` over `pult.env` in `folder` (default: the current one) over `defaults`.

    Raises ConfigError when a value cannot be used or the data folder cannot be written.
    """
    named = named_values(environ, folder=folder, defaults=defaults)
    data_dir = data_dir_of(named, folder=folder)
    _make_writable(data_dir)
    own_url = public_url("PULT_PUBLIC_URL", named.get("PULT_PUBLIC_URL", "http://127.0.0.1:8080"))
    return Settings(
        data_dir=data_dir,
        database_url=named.get("PULT_DATABASE_URL", f"sqlite:///{data_dir / 'pult.sqlite'}"),
        redis_url=redis_url("PULT_REDIS_URL", named.get("PULT_REDIS_URL", OWN_REDIS_URL)),
        public_url=own_url,
        fallback_url=public_url("PULT_FALLBACK_URL", named.get("PULT_FALLBACK_URL") or fallback_url(own_url)),
        desk_url=http_url("PULT_DESK_URL", named.get("PULT_DESK_URL", "http://127.0.0.1:8082")),
        carrier_url=http_url("PULT_CARRIER_URL", named.get("PULT_CARRIER_URL", "https://api.twilio.com")),
        account_sid=named.get("TWILIO_ACCOUNT_SID", ""),
        auth_token=named.get("TWILIO_AUTH_TOKEN", ""),
        seal_key=read_seal_keys(data_dir, named)[0],
        secret_pepper=_keys(data_dir, "pepper.key", "PULT_PEPPER", named.get("PULT_PEPPER"))[0],
        audit_key=_keys(data_dir, "audit.key", "PULT_AUDIT_KEY", named.get("PULT_AUDIT_KEY"))[0],
        lines_dir=lines_dir_of(named),
        flows_dir=flows_dir_of(named),
        score_cards_dir=score_cards_dir_of(named),
        named=named,
        api_key_sid=named.get("TWILIO_API_KEY", ""),
        api_key_secret=named.get("TWILIO_API_SECRET", ""),
        application_sid=named.get("TWILIO_APPLICATION_SID", ""),
    )


def read_centre_settings(environ: Mapping[str, str], *, folder: Path | None = None) -> Settings:
    """The settings of the centre whose data folder this is: what `pult demo` chose last, under the rest."""
    chosen = read_env_file(data_dir_of(named_values(environ, folder=folder), folder=folder) / CENTRE_FILE)
    return read_settings(environ, folder=folder, defaults=chosen)


def read_env_file(path: Path) -> dict[str, str]:
    """The NAME=value lines of a file, none where there is no file.

    Raises ConfigError for any other line, and for a file that cannot be read.
    """
    if not path.exists():
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it again as such.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}).") from error
    pairs: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not _NAME.fullmatch(name.strip()):
            raise ConfigError(f"{path}:{number}: expected NAME=value")
        pairs[name.strip()] = _unquoted(value.strip())
    return pairs


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def write_env_file(path: Path, named: Mapping[str, str]) -> None:
    """Write NAME=value lines that only the owner may read: secrets are among them. Raises ConfigError."""
    try:
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in named.items()), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}): {_WHOSE}") from error


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".write-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be written ({error.strerror}): set PULT_DATA_DIR to a folder that can be."
        ) from error


def read_seal_keys(data_dir: Path, named: Mapping[str, str]) -> tuple[bytes, ...]:
    """The keys that seal recordings, as they are now: the current one first, then older ones. Raises ConfigError."""
    return _keys(data_dir, _SEAL_KEY_FILE, "PULT_SEAL_KEY", named.get("PULT_SEAL_KEY"))


def write_seal_keys(data_dir: Path, keys: Sequence[bytes]) -> None:
    """Keep these keys, the current one first, in one step: whoever reads meanwhile has the old ones or the new."""
    path = data_dir / _SEAL_KEY_FILE
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    with fresh.open("w", encoding="ascii") as file:
        file.write("\n".join(key.hex() for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _keys(data_dir: Path, name: str, setting: str, given: str | None) -> tuple[bytes, ...]:
    """Keys of 32 bytes: `given` in hex, or those kept in the data folder, made on first use and for its owner only."""
    path = data_dir / name
    try:
        if not given and not path.exists():
            _write_key(path)
        written = given or path.read_text(encoding="ascii")
        keys = tuple(bytes.fromhex(one) for one in written.replace(",", " ").split())
    except OSError as error:
        raise ConfigError(f"{path} cannot be used ({error.strerror}): {_WHOSE}") from error
    except ValueError:
        keys = ()
    if not keys or any(len(key) != 32 for key in keys):
        raise ConfigError(f"{setting if given else path} must be 64 hex characters.")
    return keys


def _write_key(path: Path) -> None:
    """Two processes may start at once: the first to link its key wins and both read the same one."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_hex(32), encoding="ascii")
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
