"""A centre's database with very many calls on record, built behind the bar."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from agents.bench.bulk_loading import Loading, laid_aside, steps_of
from agents.bench.past_calls import COLUMNS, PastCalls
from agents.bench.past_people import (
    AGENT_COLUMNS,
    PEOPLE_COLUMNS,
    PHONE_COLUMNS,
    POLICY_COLUMNS,
    PROGRAMME_COLUMNS,
    House,
    agent_rows,
    house_of,
    person_rows,
)
from agents.models import Agent
from config.bench.scripts import Step
from config.centre import Centre
from config.database import Base
from config.ids import repeatable_ids
from flows.library import FlowSet
from ivr.calls.models import FlowVersion
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy, Programme

INSURER: Final = "vsk"
"""Whose supervisor looks: half of all calls are theirs."""
_OF_THEM: Final = 0.5
_BATCH: Final = 4_000
_PEOPLE_PER_CALL: Final = 0.1
_AGENTS: Final = {INSURER: 60}
_AGENTS_ELSEWHERE: Final = 15
_FIRST: Final = {
    Programme: PROGRAMME_COLUMNS,
    Policy: POLICY_COLUMNS,
    InsuredPerson: PEOPLE_COLUMNS,
    InsuredPhone: PHONE_COLUMNS,
    Agent: AGENT_COLUMNS,
}
_MODELS: Final[Sequence[type[Base]]] = (*_FIRST, *COLUMNS)


def build_steps(calls: int) -> int:
    """How many steps building a log of so many calls makes."""
    return -(-calls // _BATCH) + steps_of(_MODELS) + 1


def build_log(centre: Centre, *, calls: int, step: Step) -> None:
    """Put a year of so many calls on record, of all the centre's insurers, into its empty database."""
    with repeatable_ids(seed=1):
        _build(centre, calls, step)


def _build(centre: Centre, calls: int, step: Step) -> None:
    at = centre.clock.now()
    houses = _houses(centre, calls)
    digest, prompts = _flow(centre)
    past = PastCalls(houses, _weights(houses), count=calls, until=at, flow_digest=digest, prompts=prompts)
    with laid_aside(centre.database, _MODELS, step):
        loading = Loading(centre.database, {**_FIRST, **COLUMNS})
        for house in houses:
            programmes, policies, people, phones = person_rows(house, str(at)[:-6])
            agents = agent_rows(house, str(at)[:-6])
            loading.put(dict(zip(_FIRST, (programmes, policies, people, phones, agents), strict=True)))
        step()
        for batch in past.batches(_BATCH):
            loading.put(batch)
            step()
        loading.close()


def _houses(centre: Centre, calls: int) -> list[House]:
    """The insurer who is looked at first, then the others."""
    insurers = sorted(centre.insurers, key=lambda one: (one.id != INSURER, one.id))
    return [
        house_of(
            insurer,
            number=number,
            people=max(20, int(calls * _PEOPLE_PER_CALL / len(insurers))),
            agents=_AGENTS.get(insurer.id, _AGENTS_ELSEWHERE),
            at=centre.clock.now(),
        )
        for number, insurer in enumerate(insurers)
    ]


def _weights(houses: Sequence[House]) -> list[float]:
    others = max(1, len(houses) - 1)
    return [_OF_THEM if house.insurer.id == INSURER else (1 - _OF_THEM) / others for house in houses]


def _flow(centre: Centre) -> tuple[str, list[str]]:
    """The digest of the flows that are installed, and prompts of theirs that need nothing filled in."""
    with centre.database.reading("bench_flow") as tx:
        version = tx.scalars(select(FlowVersion).limit(1)).one()
        return version.digest, sorted(FlowSet.from_sources(version.sources).plain)[:200]
