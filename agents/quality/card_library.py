"""The versions of the score cards: what is on disk becomes current if it can be read; evaluations stay on theirs."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agents.models.evaluations import ScoreCardVersion
from agents.quality.card_reading import card_of, read_card
from agents.quality.cards import ScoreCard
from config.centre import Centre
from config.database import Transaction
from config.errors import LinesError
from config.line_descriptions import Insurer, Insurers, Line, Queue
from config.written import Findings

log = logging.getLogger("pult.quality")

_Found = Mapping[str, tuple[ScoreCard, str]]


class CardLibrary:
    """Score cards by name, as they are now, and by digest, as they were."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._current: dict[str, ScoreCard] = {}
        self._by_digest: dict[str, ScoreCard] = {}

    def install(self) -> None:
        """Make the cards on disk the current ones. A broken one is logged, with every finding, and its last good
        version stays; without one there is no such card, and nothing else is held up by that.
        """
        folder, findings = self._centre.settings.score_cards_dir, Findings()
        found = read_cards(folder, findings)
        findings_of_lines(self._centre.insurers, frozenset(_names(folder)), findings)
        for line in findings.lines:
            log.error("%s", line)
        try:
            self._store(found)
        except IntegrityError:
            log.info("score cards were installed by another process meanwhile")
        with self._centre.database.reading("last_good_score_cards") as tx:
            broken = [self._last_good(tx, name) for name in _names(folder) if name not in found]
        for card in (*(card for card, _ in found.values()), *(card for card in broken if card is not None)):
            self._current[card.name] = self._by_digest[card.digest] = card

    def current(self, name: str) -> ScoreCard | None:
        """The card of this name as it is now; None where there is none that can be read."""
        return self._current.get(name)

    def version(self, tx: Transaction, digest: str) -> ScoreCard:
        """The card as it was in the version with this digest, which an evaluation names. Raises LinesError where a
        later Pult cannot read it any more.
        """
        known = self._by_digest.get(digest)
        if known is None:
            row, findings = tx.get_one(ScoreCardVersion, digest), Findings()
            known = card_of(row.name, row.source, findings)
            if known is None:
                raise LinesError("\n".join(findings.lines))
            self._by_digest[digest] = known
        return known

    def card_for(self, insurer: Insurer, *, line: str, queue: str | None) -> ScoreCard | None:
        """What a conversation is evaluated by: the queue says it, else the line, else the insurer."""
        place: tuple[Queue | Line | None, ...] = (insurer.queues.get(queue or ""), insurer.lines.get(line))
        named = [one.score_card for one in place if one is not None and one.score_card]
        name = named[0] if named else insurer.quality.score_card
        return None if name is None else self.current(name)

    def cards_of(self, insurer: Insurer) -> list[ScoreCard]:
        """Every card that the insurer's description names, by name."""
        found = (self.current(name) for name in sorted(set(_named_by(insurer).values())))
        return [card for card in found if card is not None]

    def _store(self, found: _Found) -> None:
        """A card that was the current one before, and is again, is the newest version once more."""
        now = self._centre.clock.now()
        with self._centre.database.transaction("install_score_cards") as tx:
            for card, source in found.values():
                newest = _newest(tx, card.name)
                if newest is not None and newest.digest == card.digest:
                    continue
                tx.merge(ScoreCardVersion(digest=card.digest, name=card.name, source=source, installed_at=now))

    def _last_good(self, tx: Transaction, name: str) -> ScoreCard | None:
        row = _newest(tx, name)
        return None if row is None else card_of(row.name, row.source, Findings())


def read_cards(folder: Path, findings: Findings) -> _Found:
    """The cards of a folder that can be read, each with its source; what is wrong with the others are findings."""
    found = {path.stem: read_card(path, findings) for path in sorted(folder.glob("*.yaml"))}
    return {name: one for name, one in found.items() if one is not None}


def findings_of_lines(insurers: Insurers, names: frozenset[str], findings: Findings) -> None:
    """What the descriptions of the lines name must be there."""
    for insurer in insurers:
        for path, name in _named_by(insurer).items():
            if name not in names:
                findings.add(f"{insurer.file}: {path}", f"no score card '{name}'")


def _named_by(insurer: Insurer) -> Mapping[str, str]:
    return dict(_references(insurer))


def _references(insurer: Insurer) -> Iterator[tuple[str, str]]:
    if insurer.quality.score_card:
        yield "quality.score_card", insurer.quality.score_card
    for kind, places in (("lines", insurer.lines), ("queues", insurer.queues)):
        for name, place in places.items():
            if place.score_card:
                yield f"{kind}.{name}.score_card", place.score_card


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _newest(tx: Transaction, name: str) -> ScoreCardVersion | None:
    of_name = select(ScoreCardVersion).where(ScoreCardVersion.name == name)
    return tx.scalar(of_name.order_by(ScoreCardVersion.installed_at.desc()).limit(1))
