"""The telephone in an agent's page: which of our scripts drives it, where it signals, and its access token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from config.addresses import exchange_address, voice_address, voice_sdk_address
from config.settings import Settings
from ivr.carrier.access_tokens import LIFETIME, access_token

CLIENT: Final = "client:"
_TWILIO: Final = "twilio.com"
_TWILIO_SIGNALS: Final = ("wss://voice-js.roaming.twilio.com",)


@dataclass(frozen=True)
class PageTelephone:
    """What a page needs to open its telephone: a script of `ivr/softphone`, what it exports, and what that is given.

    The page does not look at them: it loads what it is told.
    """

    script: str
    name: str
    given: tuple[str | Mapping[str, str], ...]
    token: str
    seconds: int


def page_telephone(settings: Settings, address: str, *, at: datetime) -> PageTelephone | None:
    """The telephone of an agent who is rung at `address`; None for who has one elsewhere, and where none is set up."""
    identity = address.removeprefix(CLIENT)
    if identity == address or not settings.api_key_secret:
        return None
    token, seconds = access_token(settings, identity, at=at), int(LIFETIME.total_seconds())
    if _is_twilio(settings):
        return PageTelephone("twilio_telephone.js", "TwilioTelephone", (), token, seconds)
    gateway = _exchange_gateway(settings)
    if gateway is not None:
        return PageTelephone("twilio_telephone.js", "TwilioTelephone", ({"chunderw": gateway},), token, seconds)
    signals = _exchange_signals(settings)
    if signals is None:
        return None
    url = f"{signals}/exchange/voice/signal"
    return PageTelephone("exchange_telephone.js", "ExchangeTelephone", (url,), token, seconds)


def signal_origins(settings: Settings) -> tuple[str, ...]:
    """Where telephones in pages signal, for the pages' policy."""
    if _is_twilio(settings):
        return _TWILIO_SIGNALS
    gateway, signals = _exchange_gateway(settings), _exchange_signals(settings)
    if gateway is not None:
        return (f"wss://{gateway}",)
    return () if signals is None else (signals,)


def _is_twilio(settings: Settings) -> bool:
    host = urlsplit(settings.carrier_url).hostname or ""
    return host == _TWILIO or host.endswith("." + _TWILIO)


def _exchange_gateway(settings: Settings) -> str | None:
    """Where Twilio's own telephone signals at the exchange; None where pages use the exchange's."""
    sdk = voice_sdk_address(settings)
    return None if sdk is None else f"{exchange_address(settings).host}:{sdk.port}"


def _exchange_signals(settings: Settings) -> str | None:
    """By the host under which browsers find the carrier; None where the port is any that is free."""
    voice = voice_address(settings)
    return None if voice is None else f"ws://{exchange_address(settings).host}:{voice.port}"
