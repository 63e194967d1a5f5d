"""What can be set about an exchange before it starts."""

from __future__ import annotations

from dataclasses import dataclass

# Twilio adds parameters without notice (twilio.md §1), so an application that lists the known ones
# before checking the signature must fail here and not in production.
UNANNOUNCED_FIELDS = (
    ("CallToken", '{"parentCallInfoToken":"eyJhbGciOiJFUzI1NiJ9.e30.c2ln","identityHeaderTokens":[]}'),
    ("FromCity", ""),
    ("FromCountry", "RU"),
    ("Novelty", "a parameter that no page describes"),
    ("ToCity", ""),
    ("ToCountry", "RU"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """One carrier account and how the exchange behaves; durations are in seconds."""

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "exchange-token"  # noqa: S105  (of a stand-in; nothing real opens with it)
    api_keys: tuple[tuple[str, str], ...] = ()
    public_url: str = "http://127.0.0.1:9000"
    seed: int | None = None
    characters_per_second: float = 14.0
    play_seconds: float = 3.0
    dictation_seconds: float = 4.0
    ringing_delay_seconds: float = 0.2
    recording_processing_seconds: float = 1.0
    message_delivery_seconds: float = 1.0
    dial_grace_seconds: float = 5.0
    calls_per_second: float | None = None
    most_concurrent_calls: int | None = None
    concurrency_code: int = 20429
    is_media_protected: bool = True
    # Where the calls of an agent's browser ask what to do: an application's sid and its voice URL.
    applications: tuple[tuple[str, str], ...] = ()
    # Other origins whose pages may hold telephones here, such as the desk's (scheme://host:port).
    desk_origins: tuple[str, ...] = ()
    unannounced_fields: tuple[tuple[str, str], ...] = UNANNOUNCED_FIELDS
    keep_ended_seconds: float = 7 * 24 * 3600.0
