"""What a supervisor asks of the call log, as requests: each kind of search, by frequent and by rare values.

What is asked for is taken from the log itself, so that the same question finds something at every size.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import select

from agents.bench.built_logs import INSURER
from agents.bench.past_calls import RARE_OUTCOME, YEAR
from agents.bench.past_notes import FREQUENT, MIDDLING, NEVER, RARE
from config.bench.client import Request
from config.centre import Centre
from config.database import Transaction
from config.ids import first_id_at
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson, Policy

_SOME: Final = 8
_NOBODY: Final = "+79995550000"


@dataclass(frozen=True)
class Question:
    """One kind of request, asked in several ways in turn. Where it `is_indexed` an index alone finds its calls."""

    name: str
    is_indexed: bool
    ways: Sequence[Mapping[str, str]]
    path: str = "/calls"
    is_posted: bool = False


@dataclass(frozen=True)
class Supervisor:
    """A browser of the supervisor's: where the pages are, its cookies, and the token of its forms."""

    url: str
    cookies: str
    form_token: str = field(repr=False)

    def request(self, question: Question, number: int) -> Request:
        """The question, in the way of this number."""
        given = question.ways[number % len(question.ways)]
        headers = {"Cookie": self.cookies, "Accept": "text/html", "Accept-Language": "ru"}
        if question.is_posted:
            form = {**given, "form_token": self.form_token}
            return Request(self.url + question.path, form, {**headers, "Origin": self.url})
        path = question.path.format(**given) if "{" in question.path else question.path
        query = f"?{urlencode(given)}" if given and path == question.path else ""
        return Request(self.url + path + query, headers=headers, method="GET")


@dataclass(frozen=True)
class _Known:
    """What is in a log, by which it can be searched."""

    calls: Sequence[str]
    people: Sequence[str]
    policies: Sequence[str]
    numbers: Sequence[str]
    week: Mapping[str, str]
    long_ago: str


def questions(centre: Centre) -> list[Question]:
    """All questions to the log of this centre."""
    with centre.database.reading("bench_questions") as tx:
        known = _known(tx, centre)
    return [*_by_one(known), *_by_people(known), *_by_looking(), *_joined(known), *_pages(known)]


def _by_one(known: _Known) -> Iterator[Question]:
    yield Question("first page", True, [{}])
    yield Question("a week half a year ago", True, [known.week])
    yield Question("line", True, [{"line": "medical_desk"}, {"line": "curators"}])
    yield Question("queue, frequent", True, [{"queue": "medical_desk"}, {"queue": "curator"}])
    yield Question("queue, rare", True, [{"queue": "emergency"}])
    yield Question("agent, frequent", True, [{"agent": f"{INSURER}-{one}"} for one in range(1, _SOME)])
    yield Question("agent, rare", True, [{"agent": f"{INSURER}-60"}])
    yield Question("outcome, frequent", True, [{"outcome": "info_given"}, {"outcome": "gl_issued"}])
    yield Question("outcome, rare", True, [{"outcome": RARE_OUTCOME}])
    yield Question("outcome that no call has", True, [{"outcome": "second_opinion_opened"}])
    yield Question("left at a step", True, [{"left": "vsk/menu_0"}, {"left": "vsk/menu_2"}])
    yield Question("emergencies", True, [{"only": "emergency"}])
    yield Question("calls that go on", True, [{"only": "open"}])
    yield Question("with a recording", True, [{"recording": "yes"}])


def _by_people(known: _Known) -> Iterator[Question]:
    yield Question("insured person", True, [{"insured": one} for one in known.people])
    yield Question("policy digits", True, [{"policy": one} for one in known.policies], is_posted=True)
    yield Question("number", True, [{"phone": one} for one in known.numbers], is_posted=True)
    yield Question("number of nobody", True, [{"phone": _NOBODY}], is_posted=True)


def _by_looking() -> Iterator[Question]:
    yield Question("lasted 15 minutes", False, [{"lasted_least": "15:00"}])
    yield Question("lasted an hour", False, [{"lasted_least": "1:00:00"}])
    yield Question("waited 2 minutes", False, [{"waited_least": "2:00"}])
    yield Question("waited 20 minutes", False, [{"waited_least": "20:00"}])
    yield Question("without a recording", False, [{"recording": "no"}])
    for name, word in (("frequent", FREQUENT), ("one in 600", MIDDLING), ("rare", RARE), ("nobody's", NEVER)):
        yield Question(f"text, {name}", False, [{"text": word}], is_posted=True)


def _joined(known: _Known) -> Iterator[Question]:
    yield Question("line and outcome", False, [{"line": "curators", "outcome": "nuisance"}])
    yield Question(
        "queue, agent and wait", False, [{"queue": "curator", "agent": f"{INSURER}-{one}", "waited_least": "1:00"}
                                         for one in range(1, _SOME)],
    )  # fmt: skip
    yield Question(
        "agent, rare outcome, recording", False,
        [{"agent": f"{INSURER}-1", "outcome": RARE_OUTCOME, "recording": "yes"}],
    )  # fmt: skip
    yield Question("a week, emergencies, long", False, [{**known.week, "only": "emergency", "lasted_least": "10:00"}])
    yield Question(
        "number and text", False, [{"phone": one, "text": FREQUENT} for one in known.numbers], is_posted=True
    )


def _pages(known: _Known) -> Iterator[Question]:
    yield Question("page of ten months ago", True, [{"before": known.long_ago, "period": ""}], is_posted=True)
    yield Question("page of one call", True, [{"call": one} for one in known.calls], path="/calls/{call}")


def _known(tx: Transaction, centre: Centre) -> _Known:
    now = centre.clock.now()
    own = (Call.insurer_id == INSURER, Call.is_anonymous.is_(False))
    begins = (now - YEAR / 2).date()
    shares = [number / _SOME for number in range(_SOME)]
    calls = [_call_at(tx, first_id_at(now - share * YEAR), own) for share in shares]
    people = [str(call.insured_id) for call in calls]
    policies = select(Policy.number).join(InsuredPerson, InsuredPerson.policy_id == Policy.id)
    return _Known(
        calls=[str(call.id) for call in calls],
        people=people,
        policies=list(tx.scalars(policies.where(InsuredPerson.id.in_(people)))),
        numbers=[str(call.ani) for call in calls],
        week={"period": "own", "from": f"{begins}", "to": f"{begins + timedelta(days=6)}"},
        long_ago=first_id_at(now - YEAR * 5 / 6),
    )


def _call_at(tx: Transaction, before: str, own: Sequence[Any]) -> Any:
    """The last call before that moment of a person whose number is known."""
    statement = select(Call.id, Call.insured_id, Call.ani).where(
        *own, Call.id < before, Call.insured_id.is_not(None), Call.ani.is_not(None)
    )
    return tx.execute(statement.order_by(Call.id.desc()).limit(1)).one()
