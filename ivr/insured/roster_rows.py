"""Turns a roster's raw rows into records of insured people, or into addressed problems."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from config.line_descriptions import Insurer, InsurerKind
from config.phone_numbers import PhoneNumber
from config.table_cells import CellProblem, day, extension, flag, required, required_day, text
from config.table_files import Cell
from config.tables import Header, RawRow
from ivr.insured import roster_cells as cells
from ivr.insured.columns import Column, title
from ivr.insured.models import DeductibleState
from ivr.policy_numbers import PolicyShape, decode_enp, shape_of

T = TypeVar("T")

_OLDEST: Final = date(1900, 1, 1)
_REGION_DIGITS: Final = 2


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in a line, and in which column; a warning does not keep the row from loading."""

    line: int
    column: Column | None
    reason: str
    is_warning: bool = False


@dataclass(frozen=True)
class PolicyFacts:
    """What a row says of its policy; rows of one policy must agree. None is "the roster does not tell"."""

    number: str
    valid_from: date
    valid_until: date
    programme: str
    region: str | None
    employer: str | None
    deductible: DeductibleState
    deductible_percent: int | None
    deductible_left: int | None
    sum_insured: int | None
    sum_left: int | None
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class PersonFacts:
    """What a row says of its person."""

    full_name: str
    birth_date: date
    city: str | None
    time_zone: str | None
    language: str | None
    curator: str | None
    may_be_called: bool
    phones: tuple[PhoneNumber, ...]
    first_opinion: date | None
    used: tuple[tuple[str, date], ...]


@dataclass(frozen=True)
class ProgrammeFacts:
    """What a row says of its programme; `services` None leaves it as the insurer's file or the database has it."""

    title: str
    services: tuple[str, ...] | None
    exclusions: tuple[str, ...] | None


@dataclass(frozen=True)
class RosterRow:
    """One good row."""

    line: int
    policy: PolicyFacts
    person: PersonFacts
    programme: ProgrammeFacts


@dataclass(frozen=True)
class ReadRow:
    """The record of a good row, and what was found wrong on the way; None with at least one error."""

    row: RosterRow | None
    problems: tuple[RowProblem, ...]


def read_rows(
    raw_rows: Iterable[RawRow[Column]],
    header: Header[Column],
    *,
    insurer: Insurer,
    known_programmes: Collection[str],
    today: date,
) -> Iterator[ReadRow]:
    """Each raw row read, one after the other: its record, or its problems, or a record with warnings.

    Rows are held against the good ones before them: a policy must be the same on every line, and a person stands
    once. `known_programmes` are those whose services are on record already.
    """
    seen = _Seen(insurer, known_programmes)
    for raw in raw_rows:
        reader = _RowReader(raw, header, insurer, today)
        row = reader.row()
        if row is not None and reader.is_good:
            reader.problems.extend(seen.conflicts(row))
        yield ReadRow(row if reader.is_good else None, tuple(reader.problems))


class _RowReader:
    """Reads one row to its end, so that every problem of it is told at once."""

    def __init__(self, raw: RawRow[Column], header: Header[Column], insurer: Insurer, today: date) -> None:
        self._raw = raw
        self._header = header
        self._insurer = insurer
        self._today = today
        self.problems: list[RowProblem] = []

    @property
    def is_good(self) -> bool:
        """Whether nothing but warnings was found."""
        return all(one.is_warning for one in self.problems)

    def row(self) -> RosterRow | None:
        """The record, or None with problems."""
        number = self._read(Column.POLICY, lambda cell: cells.policy_number(cell, self._insurer.policy.pattern))
        full_name = self._read(Column.FULL_NAME, cells.name)
        born = self._read(Column.BIRTH_DATE, self._birth_date)
        begins = self._read(Column.VALID_FROM, required_day)
        ends = self._read(Column.VALID_UNTIL, cells.day_after)
        programme = self._read(Column.PROGRAMME, required)
        if begins is not None and ends is not None and ends <= begins:
            self._problem(Column.VALID_UNTIL, "is before the day on which the policy begins")
        services = self._services(Column.SERVICES)
        exclusions = self._services(Column.EXCLUSIONS)
        if not (number and full_name and born and begins and ends and programme):
            self._rest()
            return None
        self._check_enp(number, born)
        policy = self._policy(number, begins, ends, programme)
        person = self._person(full_name, born)
        return RosterRow(self._raw.line, policy, person, ProgrammeFacts(programme, services, exclusions))

    def _policy(self, number: str, begins: date, ends: date, programme: str) -> PolicyFacts:
        return PolicyFacts(
            number=number,
            valid_from=begins,
            valid_until=ends,
            programme=programme,
            region=self._read(Column.REGION, self._region),
            employer=self._read(Column.EMPLOYER, text) or None,
            deductible=self._read(Column.DEDUCTIBLE, cells.deductible) or DeductibleState.NONE,
            deductible_percent=self._read(Column.DEDUCTIBLE_PERCENT, cells.percent),
            deductible_left=self._read(Column.DEDUCTIBLE_LEFT, cells.amount),
            sum_insured=self._read(Column.SUM_INSURED, self._sum_insured),
            sum_left=self._read(Column.SUM_LEFT, cells.amount),
            limits=self._read(Column.LIMITS, self._limits) or (),
        )

    def _person(self, full_name: str, born: date) -> PersonFacts:
        return PersonFacts(
            full_name=full_name,
            birth_date=born,
            city=self._read(Column.CITY, text) or None,
            time_zone=self._read(Column.TIME_ZONE, cells.zone),
            language=self._read(Column.LANGUAGE, self._language),
            curator=self._read(Column.CURATOR, extension),
            may_be_called=self._read(Column.MAY_BE_CALLED, flag) or False,
            phones=self._read(Column.PHONES, cells.phones) or (),
            first_opinion=self._read(Column.FIRST_OPINION, self._past_day),
            used=self._read(Column.USED, self._used) or (),
        )

    def _rest(self) -> None:
        """Read the rest for its problems only."""
        nobody, never = "-", _OLDEST
        self._policy(nobody, never, never, nobody)
        self._person(nobody, never)

    def _read(self, column: Column, read: Callable[[Cell], T]) -> T | None:
        if column not in self._header:
            return None
        try:
            return read(self._raw.cells.get(column))
        except CellProblem as problem:
            self._problem(column, str(problem))
            return None

    def _problem(self, column: Column, reason: str, *, is_warning: bool = False) -> None:
        self.problems.append(RowProblem(self._raw.line, column, reason, is_warning))

    def _birth_date(self, cell: Cell) -> date:
        born = required_day(cell)
        if not _OLDEST <= born <= self._today:
            raise CellProblem("is in the future or before 1900")
        return born

    def _past_day(self, cell: Cell) -> date | None:
        found = day(cell)
        if found is not None and found > self._today:
            raise CellProblem("is in the future")
        return found

    def _services(self, column: Column) -> tuple[str, ...] | None:
        return self._read(column, lambda cell: tuple(self._service(one) for one in cells.items(cell))) or None

    def _service(self, written: str) -> str:
        """A service by its name in the insurer's file, or by its title there."""
        for service in self._insurer.services.values():
            if written == service.name or written.casefold() == service.title["ru"].casefold():
                return service.name
        if written in self._insurer.exclusions:
            return written
        known = ", ".join(self._insurer.services) or "none"
        raise CellProblem(f"names a service that {self._insurer.file} does not describe; known: {known}")

    def _limits(self, cell: Cell) -> tuple[tuple[str, int], ...]:
        found = cells.pairs(cell, lambda written: cells.amount(written) or 0)
        return tuple((self._service(service), limit) for service, limit in found)

    def _used(self, cell: Cell) -> tuple[tuple[str, date], ...]:
        found = cells.pairs(cell, required_day)
        return tuple((self._service(service), on) for service, on in found)

    def _region(self, cell: Cell) -> str | None:
        code = cells.code(cell, _REGION_DIGITS)
        if code is not None and self._insurer.regions and code not in self._insurer.regions:
            raise CellProblem(f"is no region that {self._insurer.file} describes")
        return None if code is None else (self._insurer.regions[code].code if self._insurer.regions else code)

    def _language(self, cell: Cell) -> str | None:
        plain = text(cell).lower()
        if plain and plain not in self._insurer.languages:
            raise CellProblem(f"is none of {', '.join(self._insurer.languages)}")
        return plain or None

    def _sum_insured(self, cell: Cell) -> int | None:
        """At least what the law asks of a migrant's policy (domain.md §5: 100 000 roubles)."""
        value, least = cells.amount(cell), self._insurer.sum_insured_min_roubles
        if value is not None and least is not None and value < least:
            raise CellProblem(f"is below {least} roubles, the least that this insurance allows")
        return value

    def _check_enp(self, number: str, born: date) -> None:
        """A wrong check digit is a warning, as in the large systems (standards.md §1.1)."""
        if self._insurer.kind is not InsurerKind.OMS:
            return
        match shape_of(number):
            case PolicyShape.ENP_MISTYPED:
                self._problem(Column.POLICY, "has a wrong check digit: callers will be told so", is_warning=True)
            case PolicyShape.PAPER_SERIAL:
                self._problem(Column.POLICY, "has 11 digits: a paper form's serial, not a policy number")
            case PolicyShape.ENP:
                encoded = decode_enp(number)
                if encoded is not None and encoded.birth_date != born:
                    self._problem(Column.BIRTH_DATE, "is not the one that the ЕНП holds", is_warning=True)
            case _:
                pass


class _Seen:
    """What earlier good rows of the file said; the earlier one stands."""

    def __init__(self, insurer: Insurer, known_programmes: Collection[str]) -> None:
        self._insurer = insurer
        self._known = set(known_programmes)
        self._policies: dict[str, tuple[int, PolicyFacts]] = {}
        self._services: dict[str, tuple[int, ProgrammeFacts]] = {}
        self._people: dict[tuple[str, str, date], tuple[int, PersonFacts]] = {}

    def conflicts(self, row: RosterRow) -> Iterator[RowProblem]:
        """Problems of a row that says otherwise than an earlier one."""
        line, policy = self._policies.setdefault(row.policy.number, (row.line, row.policy))
        if policy != row.policy:
            yield RowProblem(row.line, Column.POLICY, f"stands in line {line} with other facts of the policy")
        who = (row.policy.number, row.person.full_name, row.person.birth_date)
        line, person = self._people.setdefault(who, (row.line, row.person))
        if person != row.person:
            yield RowProblem(row.line, Column.FULL_NAME, f"is the person of line {line}, told otherwise")
        yield from self._programme(row)

    def _programme(self, row: RosterRow) -> Iterator[RowProblem]:
        told = row.programme
        if told.services is None and told.exclusions is None:
            if told.title not in self._known and self._insurer.services:
                reason = f"is not known yet: write its services in a column '{title(Column.SERVICES)}'"
                yield RowProblem(row.line, Column.PROGRAMME, reason)
            return
        self._known.add(told.title)
        line, earlier = self._services.setdefault(told.title, (row.line, told))
        if earlier != told:
            yield RowProblem(row.line, Column.PROGRAMME, f"has other services or exclusions in line {line}")
