"""TwiML by string building: the few verbs that Pult uses, everything escaped.

String building takes 2 µs where the carrier's own library takes 40 (docs/decisions/twiml-by-strings.md);
every kind of document is held against Twilio's schema in the tests.
"""

import re
from typing import Final

Xml = str
"""Markup that is ready to stand in a document."""

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# What XML 1.0 cannot hold, however it is written.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

_CLIENT: Final = "client:"

EMPTY: Final = f"{_HEAD}<Response/>"
"""Nothing to do: for news whose answer is not played."""


def escape(text: str) -> Xml:
    """Text or an attribute's value as markup; characters that XML cannot hold are left out."""
    return _UNSPEAKABLE.sub("", text).translate(_ESCAPES)


def document(*verbs: Xml) -> Xml:
    """A whole document."""
    return f"{_HEAD}<Response>{''.join(verbs)}</Response>"


def say(text: str, *, voice: str, language: str) -> Xml:
    """Speak a text."""
    return f'<Say voice="{escape(voice)}" language="{escape(language)}">{escape(text)}</Say>'


def play(url: str, *, times: int = 1, caption: str = "") -> Xml:
    """Play a sound so many times. `caption` is what it says, for people: a comment, over which carriers pass."""
    return f'{_comment(caption)}<Play loop="{times}">{escape(url)}</Play>'


def _comment(text: str) -> Xml:
    # Two hyphens would end it, and nothing is escaped inside.
    words = _UNSPEAKABLE.sub("", text).replace("--", "- -").removesuffix("-")
    return f"<!--{words}-->" if words else ""


def pause(seconds: int) -> Xml:
    """Silence."""
    return f'<Pause length="{seconds}"/>'


def gather(inside: Xml, *, action: str, timeout: int, keys: int, finish: str) -> Xml:
    """Say what is `inside`, which a key interrupts, and collect up to `keys` keys.

    Silence too is sent to `action`, as a request without digits: it must reach the flow
    (actionOnEmptyResult).
    """
    return (
        f'<Gather input="dtmf" action="{escape(action)}" method="POST" timeout="{timeout}" numDigits="{keys}"'
        f' finishOnKey="{escape(finish)}" actionOnEmptyResult="true">{inside}</Gather>'
    )


def gather_or_go_on(inside: Xml, *, action: str, timeout: int) -> Xml:
    """Say what is `inside` and take one key; without one the document goes on behind it.

    Keys pressed over a plain Say would be lost.
    """
    return (
        f'<Gather input="dtmf" action="{escape(action)}" method="POST" timeout="{timeout}" numDigits="1"'
        f' finishOnKey="">{inside}</Gather>'
    )


def enqueue(queue: str, *, action: str, wait_url: str) -> Xml:
    """Put the caller into the carrier's queue."""
    return (
        f'<Enqueue action="{escape(action)}" method="POST" waitUrl="{escape(wait_url)}" waitUrlMethod="POST">'
        f"{escape(queue)}</Enqueue>"
    )


def leave() -> Xml:
    """Leave the queue; the Enqueue's action follows."""
    return "<Leave/>"


def dial_number(
    number: str,
    *,
    extension: str | None,
    action: str,
    caller_id: str,
    timeout: int,
    recording_url: str | None = None,
    answer_url: str | None = None,
) -> Xml:
    """Connect to a number, and key its extension a second after it answers; from then on recorded, each side on a
    channel of its own, where there is a `recording_url`, which hears of it. Who answers hears `answer_url` first.
    """
    return (
        f'<Dial action="{escape(action)}" method="POST" timeout="{timeout}" callerId="{escape(caller_id)}"'
        f' answerOnBridge="true" ringTone="ru"{_dial_recorded(recording_url)}>'
        f"{number_to_ring(number, extension, answer_url)}</Dial>"
    )


def dial_telephone(address: str, *, status_url: str, action: str, caller_id: str, timeout: int) -> Xml:
    """Connect to one of our own telephones, `client:<name>` or a number, and hear how its leg fares."""
    tag = "Client" if address.startswith(_CLIENT) else "Number"
    return (
        f'<Dial action="{escape(action)}" method="POST" timeout="{timeout}" callerId="{escape(caller_id)}"'
        f' answerOnBridge="true" ringTone="ru"><{tag} statusCallback="{escape(status_url)}"'
        f' statusCallbackEvent="ringing answered completed">{escape(address.removeprefix(_CLIENT))}</{tag}></Dial>'
    )


def dial_last(
    number: str, *, extension: str | None, caller_id: str, timeout: int, recording_url: str | None = None
) -> Xml:
    """As `dial_number`, with nothing to ask about afterwards: the document goes on behind it."""
    return (
        f'<Dial timeout="{timeout}" callerId="{escape(caller_id)}" ringTone="ru"{_dial_recorded(recording_url)}>'
        f"{number_to_ring(number, extension)}</Dial>"
    )


def number_to_ring(number: str, extension: str | None, answer_url: str | None = None) -> Xml:
    """Whom a Dial rings: a number, the extension that is keyed a second after it answers, and what it hears first."""
    digits = f' sendDigits="ww{escape(extension)}"' if extension else ""
    first = f' url="{escape(answer_url)}" method="POST"' if answer_url else ""
    return f"<Number{digits}{first}>{escape(number)}</Number>"


def dial_conference(name: str, *, action: str | None) -> Xml:
    """Bring somebody into a conference that starts with them and ends when they go; on with `action`, or a hang-up."""
    after = "" if action is None else f' action="{escape(action)}" method="POST"'
    return (
        f'<Dial{after}><Conference startConferenceOnEnter="true"'
        f' endConferenceOnExit="true" beep="false">{escape(name)}</Conference></Dial>'
    )


def await_in_conference(name: str, *, action: str, wait_url: str, recording_url: str | None) -> Xml:
    """Let somebody hear `wait_url` in a conference that starts with whoever comes next, and ends when they go; recorded
    from its start where there is a `recording_url`, which hears of it.
    """
    recorded = "" if recording_url is None else _recorded("record-from-start", recording_url)
    return (
        f'<Dial action="{escape(action)}" method="POST"><Conference startConferenceOnEnter="false"'
        f' endConferenceOnExit="true" beep="false" waitUrl="{escape(wait_url)}" waitMethod="POST"{recorded}>'
        f"{escape(name)}</Conference></Dial>"
    )


def _dial_recorded(recording_url: str | None) -> Xml:
    return "" if recording_url is None else _recorded("record-from-answer-dual", recording_url)


def _recorded(how: str, status_url: str) -> Xml:
    return (
        f' record="{how}" recordingStatusCallback="{escape(status_url)}"'
        ' recordingStatusCallbackMethod="POST" recordingStatusCallbackEvent="in-progress completed absent"'
    )


def record(*, action: str, status_url: str, max_seconds: int) -> Xml:
    """Record a message until a key, five seconds of silence or its longest length."""
    return (
        f'<Record action="{escape(action)}" method="POST" maxLength="{max_seconds}" timeout="5"'
        f' finishOnKey="1234567890*#" playBeep="true" trim="do-not-trim"'
        f' recordingStatusCallback="{escape(status_url)}" recordingStatusCallbackMethod="POST"/>'
    )


def redirect(url: str) -> Xml:
    """Go on with another document."""
    return f'<Redirect method="POST">{escape(url)}</Redirect>'


def hang_up() -> Xml:
    """End the call."""
    return "<Hangup/>"
