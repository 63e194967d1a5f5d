"""Who called in the past that a bench makes up: insured people on their policies, telephones, agents, by insurer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from agents.bench.bulk_loading import Row
from config.ids import new_id
from config.line_descriptions import Insurer

_SURNAMES: Final = ("Образцова", "Примерова", "Пробная", "Условная", "Вымышленная", "Ненастоящая")
# +7 000 is no Russian code: these numbers cannot exist.
_NUMBERS_FROM: Final = 70_000_000_000
_STAND_IN: Final = 0.00005
PEOPLE_COLUMNS: Final = (*("id", "insurer_id", "policy_id", "full_name", "birth_date", "may_be_called", "updated_at"),)
POLICY_COLUMNS: Final = (
    *("id", "insurer_id", "programme_id", "number", "keyed_form", "valid_from", "valid_until", "deductible"),
)
PHONE_COLUMNS: Final = ("id", "insurer_id", "insured_id", "e164")
PROGRAMME_COLUMNS: Final = ("id", "insurer_id", "code", "title", "services", "exclusions")
AGENT_COLUMNS: Final = (
    *("id", "insurer_id", "code", "title", "address", "is_supervisor", "is_automatic", "presence"),
    *("presence_since", "is_at_desk"),
)


@dataclass(frozen=True)
class Insured:
    """One person: who calls from `phone` and is insured by the policy of this number."""

    id: str
    policy: str
    phone: str


@dataclass(frozen=True)
class House:
    """An insurer with its people and agents; both are chosen with a leaning to the first of them."""

    insurer: Insurer
    people: Sequence[Insured]
    agents: Sequence[tuple[str, str]]

    def somebody(self, dice: Random) -> Insured:
        """A person: some ring every few days, most of them seldom."""
        return self.people[int(len(self.people) * dice.random() ** 1.5)]

    def agent(self, dice: Random) -> tuple[str, str]:
        """An agent's id and code; the last one hardly ever works."""
        if dice.random() < _STAND_IN:
            return self.agents[-1]
        return self.agents[int((len(self.agents) - 1) * dice.random() ** 1.5)]


def house_of(insurer: Insurer, *, number: int, people: int, agents: int, at: datetime) -> House:
    """So many people and agents of an insurer, known from another's by its `number`, 0 to 9."""
    return House(
        insurer,
        [_insured(number, one, at) for one in range(people)],
        [(new_id(at), f"{insurer.id}-{one + 1}") for one in range(agents)],
    )


def person_rows(house: House, at: str) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """The insurer's programme; a policy for each person; the people; their telephones."""
    programme = house.people[0].id[:-1] + "p"
    policies: list[Row] = []
    people: list[Row] = []
    phones: list[Row] = []
    for number, one in enumerate(house.people):
        policy_id = one.id[:-1] + "p"
        policies.append(
            (policy_id, house.insurer.id, programme, one.policy, one.policy, "2020-01-01", "2039-12-31", "none")
        )
        name = f"{_SURNAMES[number % len(_SURNAMES)]} Проба {_letters(number)}"
        born = f"{1940 + number % 80}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        people.append((one.id, house.insurer.id, policy_id, name, born, 0, at))
        phones.append((one.id[:-1] + "t", house.insurer.id, one.id, one.phone))
    return [(programme, house.insurer.id, "bench", "Проба", "[]", "[]")], policies, people, phones


def agent_rows(house: House, at: str) -> list[Row]:
    """The agents, all of them away."""
    return [
        (agent_id, house.insurer.id, code, "Оператор", f"client:{code}", 0, 0, "away", at, 0)
        for agent_id, code in house.agents
    ]


def _insured(number: int, one: int, at: datetime) -> Insured:
    return Insured(new_id(at), f"{number}{700_000_000 + one}", f"+{_NUMBERS_FROM + number * 100_000_000 + one}")


def _letters(number: int) -> str:
    """A name holds no digits."""
    return "".join("абвгдежзик"[int(digit)] for digit in str(number)).capitalize()
