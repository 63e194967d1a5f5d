"""What the supervisor's pages call lines, queues, agents and outcomes, and whom the audit names."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from agents.models import Agent
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.outcomes import GENERIC
from ivr.insured.cards import initials
from ivr.insured.finding import PEOPLE, rows
from ivr.insured.models import InsuredPerson
from ivr.policy_numbers import mask_policy


def agents_to_choose(tx: Transaction, insurer: Insurer) -> list[tuple[str, str]]:
    """The insurer's agents: the code, and the code with the role, as several have the same."""
    statement = select(Agent.code, Agent.title).where(Agent.insurer_id == insurer.id).order_by(Agent.code)
    return [(one.code, f"{one.code} · {one.title}") for one in tx.execute(statement)]


def insured_words(tx: Transaction, insurer: Insurer, insured_id: str) -> str:
    """Who an insured person is, as a list has them: 'О. П. Т., 1985, ···· 4417'; empty for nobody of this insurer."""
    statement = PEOPLE.where(InsuredPerson.id == insured_id, InsuredPerson.insurer_id == insurer.id)
    found = rows(tx, statement)
    return ", ".join(
        f"{initials(person.full_name)}, {person.birth_date.year}, {mask_policy(policy.number)}"
        for person, policy, _ in found
    )


def outcomes_to_find(insurer: Insurer) -> tuple[str, ...]:
    """Every code that a call of the insurer may have."""
    return tuple(sorted(GENERIC | set(insurer.outcomes)))


def title_words(insurer: Insurer, language: str) -> Callable[[str, str], str]:
    """Says what a `line` or a `queue` of a name is called; one that is not described any more by its name."""

    def words(kind: str, name: str) -> str:
        described: Any = (insurer.lines if kind == "line" else insurer.queues).get(name)
        return name if described is None else str(described.title[language])

    return words
