"""The versions of the flows: what is on disk becomes the current one if it passes its checks; calls stay on theirs."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from config.centre import Centre
from config.clock import Clock
from config.database import Database, Transaction
from config.line_descriptions import Insurers, Line
from config.prepared import Prepared
from flows import Finding, FlowSet, FlowsRefusedError, Vocabularies, Vocabulary
from flows.library import digest_of, sources_in
from ivr.calls.models import FlowVersion
from ivr.errors import CallUnreadable, FlowsBroken

log = logging.getLogger("pult.flows")

Proof: TypeAlias = Callable[[FlowSet], Sequence[Finding]]
"""What a version must pass besides being read: the exploration of `flows.checks`."""

# Every insurer's flows may transfer to these: the line's duty number, and where a duty manager diverted it.
DUTY: Final = "duty"
DIVERSION: Final = "diversion"

# Built once, as every call begins with it.
_NEWEST: Final = Prepared(
    select(FlowVersion.digest).order_by(FlowVersion.installed_at.desc()).limit(literal_column("1"))
)


def vocabularies_of(insurers: Insurers) -> Vocabularies:
    """The queues and destinations that each line's flow may name, and whether it must announce a recording."""
    lines = list(insurers.lines())
    recorded = {line.flow for line in lines if line.records_calls}
    return Vocabularies(
        {line.flow: _vocabulary(insurers, line.insurer_id, records_calls=line.flow in recorded) for line in lines}
    )


def install_flows(centre: Centre, prove: Proof, *, are_read_late: bool = False) -> "FlowLibrary":
    """The library of a centre's flows, with what is on disk installed. Raises FlowsBroken, as `install` does.

    With `are_read_late` a version that is current already is read when a call asks for it: reading takes a third of a
    second, in which a restarted worker rings the phone.
    """
    library = FlowLibrary(
        database=centre.database,
        clock=centre.clock,
        insurers=centre.insurers,
        folder=centre.settings.flows_dir,
        prove=prove,
    )
    if not (are_read_late and library.is_current()):
        library.install()
    return library


class FlowLibrary:
    """Flow sets by digest: read and proved once a process, kept in `flow_versions` for calls and restarts."""

    def __init__(self, *, database: Database, clock: Clock, insurers: Insurers, folder: Path, prove: Proof) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._lines = tuple(insurers.lines())
        self._vocabularies = vocabularies_of(insurers)
        self._prove = prove
        self._read: dict[str, FlowSet] = {}

    def install(self) -> FlowSet:
        """Make what is on disk the current version; a broken set is logged and the last good version stays.

        A digest that was installed before passed its proof then, and is not proved again. Raises FlowsBroken, with
        every finding, when there is no good version at all.
        """
        try:
            sources = sources_in(self._folder)
            flows = self._proved(sources)
        except (FlowsRefusedError, OSError, UnicodeDecodeError) as error:
            return self._keep_last(error)
        try:
            self._store(flows)
        except IntegrityError:
            log.info("version %s was installed by another process meanwhile", flows.digest[:12])
        return flows

    def is_current(self) -> bool:
        """Whether what is on disk is the version that new calls begin on; it passed its proof then."""
        try:
            digest = digest_of(sources_in(self._folder))
        except (OSError, UnicodeDecodeError):
            return False
        with self._database.reading("current_flow_version") as tx:
            return digest == self._current_digest(tx)

    def current(self, tx: Transaction) -> FlowSet:
        """The version that a new call begins on. Raises FlowsBroken where none is installed."""
        digest = self._current_digest(tx)
        if digest is None:
            raise FlowsBroken("no version of the flows is installed")
        return self.version(tx, digest)

    def version(self, tx: Transaction, digest: str) -> FlowSet:
        """The version with this digest. Raises CallUnreadable where it is not on record."""
        known = self._read.get(digest)
        if known is not None:
            return known
        row = tx.get(FlowVersion, digest)
        if row is None:
            raise CallUnreadable(f"no flow version {digest[:12]}")
        # It passed the vocabulary of its day; queues that went since must not make its calls unreadable.
        return self._remember(FlowSet.from_sources(row.sources))

    @staticmethod
    def _current_digest(tx: Transaction) -> str | None:
        digest: str | None = _NEWEST.value(tx, {})
        return digest

    def _proved(self, sources: dict[str, str]) -> FlowSet:
        digest = digest_of(sources)
        with self._database.reading("find_flow_version") as tx:
            is_known = tx.get(FlowVersion, digest) is not None
        flows = FlowSet.from_sources(sources, self._vocabularies)
        if absent := [line for line in self._lines if line.flow not in flows.lines]:
            raise FlowsRefusedError([_absent(line, self._folder) for line in absent])
        if not is_known and (findings := self._prove(flows)):
            raise FlowsRefusedError(findings)
        return self._remember(flows)

    def _keep_last(self, error: Exception) -> FlowSet:
        try:
            with self._database.reading("last_flow_version") as tx:
                last = self.current(tx)
        except FlowsBroken:
            raise FlowsBroken(str(error)) from error
        log.error("the flows in %s are refused; version %s stays:\n%s", self._folder.name, last.digest[:12], error)
        return last

    def _store(self, flows: FlowSet) -> None:
        now = self._clock.now()
        with self._database.transaction("install_flows") as tx:
            changed = update(FlowVersion).where(FlowVersion.digest == flows.digest).values(installed_at=now)
            if not tx.execute(changed.returning(FlowVersion.digest)).first():
                row = {"digest": flows.digest, "sources": dict(flows.sources), "installed_at": now}
                tx.execute(insert(FlowVersion).values(row))

    def _remember(self, flows: FlowSet) -> FlowSet:
        self._read[flows.digest] = flows
        return flows


def _absent(line: Line, folder: Path) -> Finding:
    what = f"no flow '{line.flow}' in {folder}/definitions, which the line {line.insurer_id}/{line.name} begins with"
    return Finding(f"{line.insurer_id}.yaml", 0, ("lines", line.name, "flow"), what)


def _vocabulary(insurers: Insurers, insurer_id: str, *, records_calls: bool) -> Vocabulary:
    insurer = insurers[insurer_id]
    destinations = frozenset(insurer.destinations) | {DUTY, DIVERSION}
    links = frozenset(insurer.links)
    return Vocabulary(frozenset(insurer.queues), destinations, links, records_calls=records_calls)
