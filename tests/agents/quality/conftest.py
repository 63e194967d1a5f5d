"""The staff site with evaluated calls: who had them, their recordings, and the moves of those who judge."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from agents.accounts import looking_after
from agents.accounts.models import Role
from agents.draft_editions import Edition
from agents.models import Agent, Offer
from agents.models.evaluations import Evaluation
from agents.quality import evaluations
from agents.quality.card_library import CardLibrary
from agents.quality.cards import NO, NOT_APPLICABLE, YES, ScoreCard
from agents.quality.conversations import Evaluator
from agents.quality.evaluations import Written
from agents.quality.parts import EXTENSION
from agents.quality.scoring import Answer
from config.centre import Centre
from recordings.models import Recording
from tests.agents.staff.conftest import Live, Site, site  # noqa: F401 - a fixture
from tests.agents.supervisor.conftest import Logged, logged  # noqa: F401 - a fixture
from tests.agents.supervisor.test_recording_pages import keep


def best(card: ScoreCard, **otherwise: str | None) -> dict[str, Answer]:
    """The best answer to every question, but to those named."""
    return {one.name: Answer(otherwise.get(one.name, one.answers[0])) for one in card.questions}


@dataclass
class Quality:
    """Calls with recordings, and supervisors who evaluate them as services do it."""

    site: Site | Live
    logged: Logged
    calls: dict[str, str] = field(default_factory=dict)

    @property
    def centre(self) -> Centre:
        return self.site.house.floor.centre

    @property
    def library(self) -> CardLibrary:
        return self.site.app.extensions[EXTENSION]

    def call(self, agent: str = "desk-1", **more: object) -> tuple[str, str]:
        """A recorded conversation: the ids of its call and of its recording."""
        call_id = self.logged.call(waited=20, agent=agent, outcome="info_given", **more)
        with self.centre.database.reading("test_conversation") as tx:
            conversation = tx.scalar(select(Offer.conference).where(Offer.call_id == call_id))
        recording_id = keep(self.site, call_id=call_id)
        with self.centre.database.transaction("test_conversation") as tx:
            tx.get_one(Recording, recording_id).conversation = conversation
        return call_id, recording_id

    def agent_id(self, code: str) -> str:
        return self.site.house.agent_now(code).id

    def supervisor(self, name: str) -> Evaluator:
        """Whoever signs in by that name."""
        with self.centre.database.reading("test_evaluator") as tx:
            account = looking_after.account_named(tx, name)
            code = {"boss": "desk-2", "anna": "desk-1"}.get(name)
            agent = tx.scalar(select(Agent.id).where(Agent.code == code)) if code else None
        return Evaluator(account.id, code or name, agent)

    def begun(self, call_id: str, *, agent: str = "desk-1", by: str = "watcher") -> str:
        return evaluations.begin(
            self.centre, self.library, insurer_id="vsk", call_id=call_id, agent_id=self.agent_id(agent),
            by=self.supervisor(by),
        )  # fmt: skip

    def card(self, evaluation_id: str) -> ScoreCard:
        with self.centre.database.reading("test_card") as tx:
            return self.library.version(tx, tx.get_one(Evaluation, evaluation_id).card_digest)

    def submitted(self, evaluation_id: str, *, by: str = "watcher", comment: str = "", **otherwise: str | None) -> None:
        edition = Edition(self.row(evaluation_id).version)
        written = Written(best(self.card(evaluation_id), **otherwise), comment, edition)
        evaluations.submit(
            self.centre, self.library, insurer_id="vsk", evaluation_id=evaluation_id, by=self.supervisor(by),
            written=written,
        )  # fmt: skip

    def evaluated(self, call_id: str, *, agent: str = "desk-1", by: str = "watcher", **otherwise: str | None) -> str:
        """Begun and submitted at once."""
        id_ = self.begun(call_id, agent=agent, by=by)
        self.submitted(id_, by=by, **otherwise)
        return id_

    def row(self, evaluation_id: str) -> Evaluation:
        return self.site.house.row(Evaluation, evaluation_id)


@pytest.fixture
def quality(site: Site, logged: Logged) -> Quality:  # noqa: F811
    add_chief(site)
    return Quality(site, logged)


def add_chief(there: Site | Live) -> None:
    """A second supervisor who takes no calls."""
    centre = there.house.centre
    looking_after.add_account(
        centre,
        insurer_id="vsk",
        name="chief",
        role=Role.SUPERVISOR,
        password="correct-horse-7",
        by="t",
    )


__all__ = ["NO", "NOT_APPLICABLE", "YES", "Quality", "best"]
