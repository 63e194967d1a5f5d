"""What is said where the flow itself cannot speak: ready texts, so that a broken flow cannot break them too."""

import logging
from collections.abc import Mapping
from typing import Final

from config.phone_numbers import PhoneNumber
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.phone_side import PhoneSide
from ivr.turns.connecting import sorry_recording_url
from ivr.turns.turning import turning_of
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import VOICES, Delivery, say_text

log = logging.getLogger("pult.turns")

APOLOGY: Final[Mapping[str, str]] = {
    "ru": "Извините, у нас неполадка. Соединяю с дежурным. Если есть угроза жизни, наберите 112 или 103.",
    "en": "We are sorry, something went wrong. I am putting you through to the person on duty."
    " If life is at risk, dial 112 or 103.",
}
GOODBYE: Final[Mapping[str, str]] = {
    "ru": "Дежурный сейчас не отвечает. Пожалуйста, позвоните ещё раз через несколько минут.",
    "en": "The person on duty does not answer now. Please ring again in a few minutes.",
}
BACK_IN_QUEUE: Final[Mapping[str, str]] = {
    "ru": "Связь с сотрудником прервалась. Вы первые в очереди, сейчас ответит другой сотрудник.",
    "en": "We lost the connection to our colleague. You are first in line, somebody else will answer now.",
    "uz": "Xodim bilan aloqa uzildi. Siz navbatda birinchisiz, hozir boshqa xodim javob beradi.",
    "tg": "Алоқа бо корманд қатъ шуд. Шумо дар навбат аввал ҳастед, ҳозир корманди дигар ҷавоб медиҳад.",
    "ky": "Кызматкер менен байланыш үзүлдү. Сиз кезекте биринчисиз, азыр башка кызматкер жооп берет.",
}
PASSED_ON: Final[Mapping[str, str]] = {
    "ru": "Соединяю с другим сотрудником. Оставайтесь, пожалуйста, на линии.",
    "en": "I am putting you through to another colleague. Please stay on the line.",
    "uz": "Boshqa xodim bilan ulayapman. Iltimos, liniyada qoling.",
    "tg": "Шуморо бо корманди дигар мепайвандам. Лутфан, дар хат монед.",
    "ky": "Башка кызматкер менен байланыштырып жатам. Сураныч, линияда калыңыз.",
}
_UNKNOWN_NUMBER: Final = (
    ("ru", "Этот номер не обслуживается. Проверьте, пожалуйста, номер и позвоните снова."),
    ("en", "This number is not in service. Please check the number and ring again."),
)
_DUTY_SECONDS: Final = 45


def unknown_number() -> Xml:
    """For a number that no line publishes: politely, and without a row."""
    says = (elements.say(text, voice=VOICES[it].name, language=VOICES[it].tag) for it, text in _UNKNOWN_NUMBER)
    return elements.document(*says, elements.hang_up())


def ended_call() -> Xml:
    """For a call that is over already: nobody hears it."""
    return elements.document(elements.hang_up())


def way_on(phone: PhoneSide, call_id: str) -> Xml:
    """After a failed turn: an apology, and the line's duty number. Raises CallUnreadable where even that fails."""
    with phone.centre.database.transaction("apologise") as tx:
        one = turning_of(phone, tx, locked_call(tx, call_id))
        record(tx, one.call, "turn_failed", at=one.at, turn=one.call.turn)
        recording_url = sorry_recording_url(one)
        return apology(one.call.language, one.line.duty_number, one.call.dnis, one.delivery, recording_url)


def apology(
    language: str,
    duty_number: PhoneNumber,
    caller_id: str,
    delivery: Delivery,
    recording_url: str | None = None,
) -> Xml:
    """Sorry, the duty number, and if nobody answers there, when to ring again; recorded where there is a
    `recording_url`.
    """
    spoken = language if language in APOLOGY else "ru"
    return elements.document(
        say_text(APOLOGY[spoken], language=spoken, delivery=delivery),
        elements.dial_last(
            duty_number.e164,
            extension=duty_number.extension,
            caller_id=caller_id,
            timeout=_DUTY_SECONDS,
            recording_url=recording_url,
        ),
        say_text(GOODBYE[spoken], language=spoken, delivery=delivery),
        elements.hang_up(),
    )
