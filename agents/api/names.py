"""Whether there is what a query names: a line, a queue, an agent, an outcome. What there never was is no empty list.

Known is what the insurer's description has, and what calls on record have that is not described any more.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, SQLColumnExpression, select

from agents.api.errors import Mistake, Refused, Why
from agents.models import Agent, QueuedCall
from agents.supervisor.words import outcomes_to_find
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Outcome


def require_known(tx: Transaction, insurer: Insurer, named: Mapping[str, str | None]) -> None:
    """Raises Refused with every parameter of `named` whose value there is not; None names nothing."""
    unknown = [name for name, value in named.items() if value is not None and not _is_known(tx, insurer, name, value)]
    if unknown:
        raise unknown_names(unknown)


def unknown_names(parameters: list[str]) -> Refused:
    """That these parameters of the query name what there is not."""
    mistakes = [Mistake(f"query: {one}", f"there is no such {one}") for one in parameters]
    return Refused(Why.UNKNOWN_NAME, mistakes=mistakes)


def _is_known(tx: Transaction, insurer: Insurer, name: str, value: str) -> bool:
    described = {"line": insurer.lines, "queue": insurer.queues, "outcome": outcomes_to_find(insurer)}
    if value in described.get(name, ()):
        return True
    id_, *conditions = _ON_RECORD[name](insurer.id, value)
    return tx.scalar(select(id_).where(*conditions).limit(1)) is not None


_Found: TypeAlias = tuple[SQLColumnExpression[str], ColumnElement[bool], ColumnElement[bool]]
_ON_RECORD: Final[Mapping[str, Callable[[str, str], _Found]]] = {
    "line": lambda insurer_id, name: (Call.id, Call.insurer_id == insurer_id, Call.line == name),
    "queue": lambda insurer_id, name: (
        *(QueuedCall.call_id, QueuedCall.insurer_id == insurer_id),
        QueuedCall.queue == name,
    ),
    "agent": lambda insurer_id, code: (Agent.id, Agent.insurer_id == insurer_id, Agent.code == code),
    "outcome": lambda insurer_id, code: (Outcome.id, Outcome.insurer_id == insurer_id, Outcome.code == code),
}
"""A row that has the value, if there is one; each is found by an index."""
