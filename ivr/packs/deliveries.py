"""How each line sounds, by its description: the packs that it plays from, or the voices that speak."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from config.clock import Clock
from config.errors import ConfigError
from config.line_descriptions import Insurers, Line, SpeechBy
from config.settings import Settings
from flows.speech import Parts
from ivr.packs.addresses import Addresses
from ivr.packs.composing import PackVoice
from ivr.packs.pack import SHIPPED, Shelf, packs_dir
from ivr.twiml.speech import RUSSIAN, VOICES, Delivery, Voice

_SETTING: Final = "PULT_SPEECH"


@dataclass(frozen=True)
class PlayedFromPacks:
    """Answers `ivr.twiml.speech.Recordings`: the recordings of one line's packs, at addresses that expire."""

    voice: PackVoice
    addresses: Addresses
    clock: Clock

    def address_of(self, spoken: Parts, language: str) -> str | None:
        """Where these parts are fetched, as one file; None where the packs lack one of them."""
        played = self.voice.recordings_of(spoken, language)
        return None if played is None else self.addresses.of(played, self.clock.now())


@dataclass(frozen=True)
class Deliveries:
    """The delivery of every line. `shelf` holds the packs that they play from; without `addresses` none does."""

    shelf: Shelf = field(default_factory=Shelf)
    addresses: Addresses | None = None
    by_line: Mapping[tuple[str, str], Delivery] = field(default_factory=dict)

    def of(self, line: Line) -> Delivery:
        """How this line sounds; spoken by the carrier's usual voices where nothing is known of it."""
        return self.by_line.get((line.insurer_id, line.name)) or Delivery()


def deliveries_of(settings: Settings, insurers: Insurers, clock: Clock) -> Deliveries:
    """Those of a centre. Raises ConfigError for a wrong `PULT_SPEECH`, PackError for a pack that is not there."""
    by = _speech_by(settings)
    packs = {(it.insurer_id, it.name): _packs(it, by) for it in insurers.lines()}
    shelf = Shelf(packs_dir(settings.named), tuple(dict.fromkeys(name for names in packs.values() for name in names)))
    shelf.require()
    addresses = Addresses(settings.public_url, settings.secret_pepper)

    def delivery(line: Line) -> Delivery:
        names = packs[line.insurer_id, line.name]
        played = PlayedFromPacks(PackVoice(shelf, names), addresses, clock) if names else None
        return Delivery(_voices(line.speech.voices), played)

    return Deliveries(shelf, addresses, {(it.insurer_id, it.name): delivery(it) for it in insurers.lines()})


def _packs(line: Line, usual: SpeechBy) -> tuple[str, ...]:
    """The packs that a line plays from; none where it is spoken."""
    return line.speech.packs or (SHIPPED,) if (line.speech.by or usual) is SpeechBy.PACK else ()


def _speech_by(settings: Settings) -> SpeechBy:
    written = settings.named.get(_SETTING, "").strip() or SpeechBy.SAY
    if written not in set(SpeechBy):
        raise ConfigError(f"{_SETTING} must be one of {', '.join(SpeechBy)}.")
    return SpeechBy(written)


def _voices(written: Mapping[str, str]) -> Mapping[str, Voice]:
    own = {language: replace(VOICES.get(language, RUSSIAN), name=name) for language, name in written.items()}
    return {**VOICES, **own}
