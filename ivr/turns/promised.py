"""Calls that we placed because we promised to: a person must say that it is they, and then is first in the queue."""

import logging
from collections.abc import Mapping
from typing import Final, Protocol

from sqlalchemy import select

from config.database import Transaction
from flows.turn import Begin, Pressed
from ivr.calls.ending import end_call
from ivr.calls.finding import locked_call_by_sid
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, CallState, Direction
from ivr.calls.outcomes import insured_on_record
from ivr.calls.recorded import RECORDING_ANNOUNCED, has_been_told
from ivr.carrier.port import CarrierStatus
from ivr.insured.identification import identify, read_birth_date
from ivr.insured.models import InsuredPerson, Policy
from ivr.phone_side import PhoneSide
from ivr.turns.apologies import apology, ended_call
from ivr.turns.keys import pressed_or_silence
from ivr.turns.opening import Arrival, new_call
from ivr.turns.replies import keep_reply, latest_reply
from ivr.turns.steps import settle
from ivr.turns.taking import finish
from ivr.turns.turning import Turning, turning, turning_of
from ivr.turns.waiting import at_the_door
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import say_text

log = logging.getLogger("pult.turns")

# Whoever answers hears the insurer's name and nothing of why we ring: the fact of seeking care is a secret.
_GREETING: Final[Mapping[str, str]] = {
    "ru": "Здравствуйте. Это {title}, мы обещали вам перезвонить. Чтобы поговорить с сотрудником, нажмите 1.",
    "en": "Hello. This is {title}, ringing back as we promised. To talk to our colleague, press 1.",
    "uz": "Assalomu alaykum. Bu {title}, va’da qilganimizdek qo‘ng‘iroq qildik. Xodim bilan gaplashish uchun 1 bosing.",
    "tg": "Ассалому алайкум. Ин {title}, чунон ки ваъда додем, занг мезанем. Барои гуфтугӯ бо корманд 1-ро пахш кунед.",
    "ky": "Саламатсызбы. Бул {title}, убада кылгандай чалып жатабыз. Кызматкер менен сүйлөшүү үчүн 1 басыңыз.",
}
# Said at once where the line records its calls; it tells whoever answered nothing of why we ring either.
_RECORDED: Final[Mapping[str, str]] = {
    "ru": "Разговор записываем.",
    "en": "The call is recorded.",
    "uz": "Suhbat yozib olinadi.",
    "tg": "Суҳбат сабт мешавад.",
    "ky": "Сүйлөшүү жазылат.",
}
# Asked of whoever said that it is they, where the promise was made to somebody identified.
BIRTH_DATE: Final[Mapping[str, str]] = {
    "ru": "Чтобы мы говорили именно с вами, наберите дату рождения: день, месяц и год, восемь цифр."
    " Если сейчас неудобно, нажмите решётку.",
    "en": "So that we talk to nobody but you, enter your date of birth: day, month and year, eight digits."
    " If you cannot now, press hash.",
    "uz": "Aynan siz bilan gaplashishimiz uchun tug‘ilgan sanangizni tering: kun, oy va yil, sakkiz raqam."
    " Hozir noqulay bo‘lsa, panjarani bosing.",
    "tg": "Барои он ки маҳз бо шумо гап занем, санаи таваллудро чинед: рӯз, моҳ ва сол, ҳашт рақам."
    " Агар ҳоло ноқулай бошад, панҷараро пахш кунед.",
    "ky": "Так сиз менен сүйлөшүү үчүн туулган күнүңүздү териңиз: күн, ай жана жыл, сегиз сан."
    " Азыр ыңгайсыз болсо, торчону басыңыз.",
}
_ASKED: Final = "birth_date_asked"
_DATE_DIGITS: Final = 8
_ANSWER_SECONDS: Final = 8
_GREETINGS: Final = 2
_KEYS: Final = frozenset("190")


class Promise(Protocol):
    """What `agents` keeps of a callback. `reached_call_id` takes the call that keeps it."""

    is_urgent: bool
    language: str
    line: str
    phone: str
    reached_call_id: str | None


class OutgoingCalls:
    """What the phone side does with a call that we placed; answers `agents.web.OutgoingCalls`."""

    def __init__(self, phone: PhoneSide) -> None:
        self._phone = phone

    def answer(self, tx: Transaction, callback: Promise, promised_in: Call, *, carrier_sid: str) -> Xml:
        """Write the outgoing call, once, and greet whoever answered; the document to run."""
        known = locked_call_by_sid(tx, carrier_sid)
        if known is not None:
            return ended_call() if known.state == CallState.ENDED else latest_reply(tx, known)
        one = self._begun(tx, callback, promised_in, carrier_sid)
        callback.reached_call_id = one.call.id
        one.note("answered", line=one.line.name, promised_in=promised_in.id)
        reply = _greet(one)
        one.write_events()
        return reply

    def sorry(self, promised_in: Call) -> Xml:
        """Where the call that we placed cannot begin: an apology and the duty number of the line that promised it."""
        line = self._phone.centre.insurers[promised_in.insurer_id].lines[promised_in.line]
        delivery = self._phone.deliveries.of(line)
        return apology(promised_in.language, line.duty_number, promised_in.dnis, delivery)

    def tell_of_recording(self, tx: Transaction, call: Call, *, language: str | None = None) -> Xml:
        """Note on the locked call that whoever answered is told of the recording; the verb that says so, in the call's
        language or another.
        """
        line = self._phone.centre.insurers[call.insurer_id].lines[call.line]
        if not has_been_told(tx, call.id):
            record(tx, call, RECORDING_ANNOUNCED, at=self._phone.centre.clock.now(), language=call.language)
        spoken = language or call.language
        text = _RECORDED.get(spoken, _RECORDED["ru"])
        delivery = self._phone.deliveries.of(line)
        return say_text(text, language=spoken, delivery=delivery)

    def ended(self, *, carrier_sid: str, status: CarrierStatus) -> None:
        """The outgoing call is over. One that nobody answered is unknown here."""
        centre = self._phone.centre
        with centre.database.transaction("end_call") as tx:
            call = locked_call_by_sid(tx, carrier_sid)
            if call is not None:
                end_call(centre, tx, call, cause=status.value, at=centre.clock.now())

    def _begun(self, tx: Transaction, callback: Promise, promised_in: Call, carrier_sid: str) -> Turning:
        line = self._phone.centre.insurers[promised_in.insurer_id].lines[callback.line]
        call = new_call(
            tx,
            line,
            self._phone.flow_library.current(tx),
            Arrival(carrier_sid, promised_in.dnis, callback.phone),
            at=self._phone.centre.clock.now(),
            direction=Direction.OUTBOUND,
            language=callback.language,
            continues_call_id=promised_in.id,
        )
        call.is_emergency = callback.is_urgent
        # The same matter goes on: whose representatives, and which curator.
        call.region, call.extension = promised_in.region, promised_in.extension
        return turning_of(self._phone, tx, call)


def take_keys(phone: PhoneSide, call_id: str, number: int, digits: str) -> Xml:
    """The reply to keys or silence in turn `number`, in a flow or after our greeting. Raises CallUnreadable."""
    with turning(phone, call_id, "take_turn") as one:
        if number != one.call.turn:
            return latest_reply(one.tx, one.call)
        if _is_greeted(one):
            return _prove(one, digits) if _is_asked(one) else _confirm(one, digits)
        if one.call.state == CallState.WAITING:
            return at_the_door(one, digits)
        return finish(one, pressed_or_silence(one, digits, str(number - 1)))


def _is_greeted(one: Turning) -> bool:
    """Whether we rang, and the flow has not begun: the person has not yet said that it is they."""
    return one.call.direction == Direction.OUTBOUND and not one.session().frames


def _confirm(one: Turning, digits: str) -> Xml:
    """A key is a person and no answering machine. Somebody in danger is put through at once; else who was identified
    when we promised proves it again, for a telephone may be answered by anybody in the house.
    """
    if digits[:1] in _KEYS and digits:
        one.note("promise_kept")
        is_urgent = one.call.is_emergency or digits == "9"
        if not is_urgent and _policy_promised(one) is not None:
            return _ask_birth_date(one)
        return _go_on(one, is_urgent=is_urgent)
    if one.call.turn < _GREETINGS:
        return _greet(one)
    return _kept(one, elements.document(elements.hang_up()))


def _go_on(one: Turning, *, is_urgent: bool) -> Xml:
    """The flow begins and goes to its operator, or its emergency, at once."""
    settle(one, Begin())
    return finish(one, Pressed("9" if is_urgent else "0"))


def _policy_promised(one: Turning) -> Policy | None:
    """The policy of whoever was identified in the call in which we promised; None where nobody was."""
    promised_in = one.tx.get(Call, one.call.continues_call_id) if one.call.continues_call_id else None
    if promised_in is None or (insured_id := insured_on_record(promised_in)) is None:
        return None
    person = one.tx.get(InsuredPerson, insured_id)
    if person is None or person.insurer_id != one.call.insurer_id:
        return None
    return one.tx.get(Policy, person.policy_id)


def _is_asked(one: Turning) -> bool:
    statement = select(CallEvent.seq).where(CallEvent.call_id == one.call.id, CallEvent.kind == _ASKED)
    return one.tx.scalar(statement.limit(1)) is not None


def _ask_birth_date(one: Turning) -> Xml:
    language = one.call.language
    words = say_text(BIRTH_DATE.get(language, BIRTH_DATE["ru"]), language=language, delivery=one.delivery)
    action = one.urls.turn(one.call.turn + 1)
    one.note(_ASKED)
    gathered = elements.gather(words, action=action, timeout=_ANSWER_SECONDS, keys=_DATE_DIGITS, finish="#")
    return _kept(one, elements.document(gathered))


def _prove(one: Turning, digits: str) -> Xml:
    """Whatever was keyed, a person follows; that it was the right date only they are told (`level`)."""
    if digits in ("9", "09"):
        return _go_on(one, is_urgent=True)
    policy = _policy_promised(one)
    if policy is not None and digits:
        today = one.at.astimezone(one.insurer.time_zone).date()
        one.write_events()
        identify(
            one.tx,
            call=one.call,
            insurer=one.insurer,
            pepper=one.phone.centre.settings.secret_pepper,
            policy_digits=policy.keyed_form,
            born_on=read_birth_date(digits, today=today),
            at=one.at,
            today=today,
        )
    return _go_on(one, is_urgent=False)


def _greet(one: Turning) -> Xml:
    language = one.call.language
    text = _GREETING.get(language, _GREETING["ru"])
    title = one.insurer.title.get(language) or one.insurer.title["ru"]
    text = text.format(title=title)
    if one.line.records_calls:
        text = f"{_RECORDED.get(language, _RECORDED['ru'])} {text}"
        one.note(RECORDING_ANNOUNCED, language=language)
    words = say_text(text, language=language, delivery=one.delivery)
    action = one.urls.turn(one.call.turn + 1)
    gathered = elements.gather(words, action=action, timeout=_ANSWER_SECONDS, keys=1, finish="")
    return _kept(one, elements.document(gathered))


def _kept(one: Turning, reply: Xml) -> Xml:
    keep_reply(one.tx, one.call, str(one.call.turn), reply, at=one.at)
    one.call.turn += 1
    return reply
