"""Presence for other systems: which agents there are and what they do now; no names of people, and no calls."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from agents.api import reading
from agents.api.operations import Asked, Operation, Page, Paged, Shape
from agents.models import Agent, Presence
from agents.scopes import Scope


class AgentShape(Shape):
    """An agent by code; `reason` is why somebody is away."""

    agent: str
    title: str
    presence: Presence
    reason: str | None
    since: datetime


class AgentPage(Page[AgentShape]):
    """A page of agents."""


class PresenceQuery(Paged):
    """Which agents."""

    presence: Annotated[Presence | None, Field(strict=False)] = None


def list_presence(asked: Asked) -> AgentPage:
    """A page of agents. Not audited: it says nothing of anybody who calls, and is asked for all day."""
    query = asked.query_as(PresenceQuery)
    with asked.centre.database.reading("presence_for_system") as tx:
        agents, next_cursor = reading.agents_page(
            tx, asked.insurer, query.presence, before=query.cursor, most=query.limit
        )
    return AgentPage(items=[_shape(one) for one in agents], next_cursor=next_cursor)


def _shape(agent: Agent) -> AgentShape:
    return AgentShape(
        agent=agent.code,
        title=agent.title,
        presence=Presence(agent.presence),
        reason=agent.presence_reason,
        since=agent.presence_since,
    )


LIST: Final = Operation(
    name="list_presence",
    method="GET",
    path="/presence",
    scopes=(Scope.PRESENCE,),
    summary="Agents and what they do now",
    query=PresenceQuery,
    answer=AgentPage,
    answerer=list_presence,
)
