"""A message is written once, sent once, followed to its end, and says nothing about health."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from config.centre import Centre
from config.clock import MovedClock
from config.database import Database
from config.due_work import JobQueue, WorkPlan
from config.settings import read_settings
from flows.flow import PromptText
from flows.library import SHIPPED, FlowSet
from flows.speech import placeholders
from ivr.calls.finding import locked_call
from ivr.calls.models import Message
from ivr.carrier.errors import CarrierRefused, CarrierUnavailable
from ivr.carrier.port import CarrierMessage
from ivr.messages import (
    MOST_ATTEMPTS,
    SEND_MESSAGE,
    MessageDesk,
    MessageRefused,
    message_news,
    send_message,
    write_message,
)
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

TEXTS = {"sms.hello": PromptText("sms.hello", {"ru": "Перезвоним {day:date|n}."}, ("day",))}

# Every text that is ever sent, and what it may speak. Whoever adds one reads it for health details first:
# the fact that somebody seeks care is secret too.
REVIEWED = {
    "sms.appointment": {"appointment_at"},
    "sms.callback": {"callback_from", "callback_until"},
    "sms.confirmation": set(),
    "sms.maks_link": {"link_buy"},
    "sms.request_news": set(),
    "sms.rgs_telemedicine": {"link_online"},
    "sms.soglasie_duplicate": {"link_curator_mail"},
}
ABOUT_HEALTH = (
    "диагноз", "болезн", "болен", "заболева", "лечен", "лекарств", "анализ", "операци", "психолог", "мнение",
    "врач", "клиник", "больниц", "госпитал", "стационар", "скорая", "эвакуац",
    "diagnos", "disease", "illness", "treatment", "medicine", "psycholog", "opinion", "doctor", "clinic", "hospital",
)  # fmt: skip


@dataclass
class RecordingCarrier:
    """Keeps what was sent; each failure is raised before (`lost`: after) the message is taken."""

    clock: MovedClock
    failures: list[Exception] = field(default_factory=list)
    is_answer_lost: bool = False
    sent: list[CarrierMessage] = field(default_factory=list)

    def send_sms(self, *, to: str, sender: str, body: str, status_url: str) -> str:
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or self.is_answer_lost:
            self.sent.append(CarrierMessage(f"SM{len(self.sent)}", to, body, "queued", self.clock.now()))
        if failure is not None:
            raise failure
        return self.sent[-1].sid

    def messages_to(self, to: str, *, since: datetime) -> list[CarrierMessage]:
        return [message for message in self.sent if message.to_number == to]


@dataclass
class Office:
    """A message desk, its carrier and its call."""

    desk: MessageDesk
    carrier: RecordingCarrier
    call_id: str

    def write(self, day: str = "2026-11-30", template: str = "sms.hello") -> str:
        with self.desk.centre.database.transaction("write") as tx:
            call = locked_call(tx, self.call_id)
            message = write_message(
                tx, call=call, template=template, variables={"day": day}, language="tg", at=NOW
            )
            assert message is not None
            return message.id

    def message(self, message_id: str) -> Message:
        with self.desk.centre.database.reading("look") as tx:
            message = tx.get(Message, message_id)
            assert message is not None
            return message

    def work(self, message_id: str, seconds: float = 0) -> None:
        self.carrier.clock.move_by(seconds)
        self.desk.centre.plan.perform(SEND_MESSAGE, message_id)


@pytest.fixture
def office(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Office:
    database, clock = Database(sqlite_url), MovedClock(NOW)
    plan = WorkPlan(database, clock)
    settings = read_settings({}, folder=tmp_path_factory.mktemp("data"))
    centre = Centre(settings, clock, database, plan, shipped_insurers())
    carrier = RecordingCarrier(clock)
    prompts: Callable[[], Mapping[str, PromptText]] = lambda: TEXTS  # noqa: E731
    desk = MessageDesk(centre, carrier, prompts)
    plan.handle(SEND_MESSAGE, JobQueue.MESSAGES, lambda message_id: send_message(desk, message_id))
    with database.transaction("call") as tx:
        call = add_call(tx)
    return Office(desk, carrier, call.id)


def test_message_is_sent_as_due_work_in_a_language_that_it_has(office: Office) -> None:
    message_id = office.write()
    assert office.carrier.sent == []
    office.work(message_id)
    assert [(m.to_number, m.body) for m in office.carrier.sent] == [
        ("+79160001234", "САО «ВСК»: Перезвоним 30.11.")
    ]
    assert office.message(message_id).state == "sent"


def test_same_message_of_a_call_is_written_once(office: Office) -> None:
    assert office.write() == office.write()
    assert office.write("2026-12-01") != office.write()


def test_message_whose_answer_was_lost_is_not_sent_twice(office: Office) -> None:
    message_id = office.write()
    office.carrier.failures, office.carrier.is_answer_lost = [CarrierUnavailable("send_sms")], True
    office.work(message_id)
    assert office.message(message_id).state == "queued"
    office.work(message_id, seconds=60)
    assert len(office.carrier.sent) == 1
    assert (office.message(message_id).state, office.message(message_id).carrier_sid) == ("sent", "SM0")


def test_message_of_the_same_words_is_not_taken_for_another(office: Office) -> None:
    first = office.write()
    office.work(first)
    with office.desk.centre.database.transaction("another_call") as tx:
        office.call_id = add_call(tx).id
    second = office.write()
    office.carrier.failures = [CarrierUnavailable("send_sms")]
    office.work(second)
    office.work(second, seconds=60)
    assert len(office.carrier.sent) == 2


def test_unreachable_carrier_is_tried_a_limited_number_of_times(office: Office) -> None:
    message_id = office.write()
    office.carrier.failures = [CarrierUnavailable("send_sms") for _ in range(20)]
    for _ in range(MOST_ATTEMPTS + 2):
        office.work(message_id, seconds=600)
    assert office.message(message_id).state == "failed"
    assert len(office.carrier.failures) == 20 - MOST_ATTEMPTS


def test_refused_message_has_failed_at_once(office: Office) -> None:
    message_id = office.write()
    office.carrier.failures = [CarrierRefused("send_sms", code=21614)]
    office.work(message_id)
    office.work(message_id, seconds=60)
    assert (office.message(message_id).state, office.message(message_id).error) == ("failed", "refused 21614")
    assert office.carrier.sent == []


def test_news_in_any_order_end_in_the_same_state(office: Office) -> None:
    message_id = office.write()
    office.work(message_id)
    centre = office.desk.centre
    for status in ("delivered", "sent", "queued", "delivered", "strange"):
        message_news(centre, message_id, carrier_sid="SM0", status=status)
    assert office.message(message_id).state == "delivered"
    assert not message_news(centre, message_id, carrier_sid="SM0", status="failed", error_code="30003")
    assert not message_news(centre, "f" * 32, carrier_sid="SM0", status="sent")
    other = office.write("2026-12-01")
    office.work(other)
    assert not message_news(centre, other, carrier_sid="SM9", status="failed")
    assert message_news(centre, other, carrier_sid="SM1", status="undelivered", error_code="30003")
    assert (office.message(other).state, office.message(other).error) == ("failed", "30003")


def test_anonymous_caller_gets_no_message(office: Office) -> None:
    with office.desk.centre.database.transaction("anonymous") as tx:
        call = add_call(tx, is_anonymous=True)
        given = {"call": call, "template": "sms.hello", "variables": {}, "language": "ru", "at": NOW}
        assert write_message(tx, **given, to="+79160001234") is None


def test_only_message_texts_are_sent(office: Office) -> None:
    with pytest.raises(MessageRefused):
        office.write(template="letter.sent")


def test_text_that_is_gone_fails_the_message(office: Office) -> None:
    message_id = office.write(template="sms.gone")
    office.work(message_id)
    assert (office.message(message_id).state, office.message(message_id).error) == ("failed", "unsayable")


def test_every_message_text_was_reviewed_for_health_details() -> None:
    texts = {id_: prompt for id_, prompt in FlowSet.from_folder(SHIPPED).prompts.items() if id_.startswith("sms.")}
    assert {id_: set(prompt.needs) for id_, prompt in texts.items()} == REVIEWED
    for prompt in texts.values():
        for text in prompt.texts.values():
            assert {one.name for one in placeholders(text)} <= REVIEWED[prompt.id]
            assert not [word for word in ABOUT_HEALTH if word in text.lower()], prompt.id
