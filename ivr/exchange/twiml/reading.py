"""Reads a TwiML document into verbs; runs nothing (twilio.md §1 error codes, §3 rules)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ivr.exchange.errors import DocumentFault
from ivr.exchange.twiml import nouns
from ivr.exchange.twiml.attributes import Attributes, Complaint, text_of
from ivr.exchange.twiml.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Say,
    Sms,
    StartRecording,
    StopRecording,
    Verb,
)

MOST_BYTES = 64 * 1024
LONGEST_SAY = 4096
# No document can hold an attribute of this name.
_CAPTION = "<caption>"
_SPOKEN_TYPES = ("text/xml", "application/xml", "text/html")


@dataclass(slots=True)
class Document:
    """The verbs in order, and what Twilio's debugger would show about the document."""

    verbs: list[Verb] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)


def read(body: bytes, content_type: str = "text/xml") -> Document:
    """Read a reply's body; raises DocumentFault with Twilio's code where nothing can be run."""
    if len(body) > MOST_BYTES:
        raise DocumentFault(11750, "TwiML response body too large")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        raise DocumentFault(12300, "audio replies need the address of the reply, not its body")
    if kind == "text/plain":
        return _read_plain(body)
    if kind not in _SPOKEN_TYPES:
        raise DocumentFault(12300, f"Invalid Content-Type {kind or '(none)'}")
    return _read_xml(body)


def _read_plain(body: bytes) -> Document:
    """Plain text is TwiML when it is valid, and otherwise spoken."""
    try:
        return _read_xml(body)
    except DocumentFault:
        return Document([Say(body.decode("utf-8", "replace"))])


def _read_xml(body: bytes) -> Document:
    if not body.strip():
        raise DocumentFault(11770, "Empty response body")
    root = _parse(body)
    if root.tag != "Response":
        raise DocumentFault(12102, f"The root element must be Response, not {root.tag}")
    document = Document()
    for child in root:
        _read_verb(child, document)
    return document


def _parse(body: bytes) -> Element:
    # A document type may expand entities without end, and TwiML has no use for one.
    if b"<!DOCTYPE" in body:
        raise DocumentFault(12100, "Document type declarations are not accepted")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise DocumentFault(12100, f"Document parse failure: {error}") from error
    if b"<!--" in body:
        for element, caption in zip(root.iter("Play"), _captions(body), strict=True):
            element.set(_CAPTION, caption)
    return root


def _captions(body: bytes) -> list[str]:
    """The comment right before each Play, in order: what a person is told of a sound. A carrier passes over it."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))  # noqa: S314
    captions, before = [], ""
    for element in ElementTree.fromstring(body, parser).iter():  # noqa: S314
        if element.tag == "Play":
            captions.append(before)
        before = (element.text or "").strip() if callable(element.tag) else ""
    return captions


def _read_verb(element: Element, document: Document) -> None:
    reader = _READERS.get(element.tag)
    if reader is None:
        document.warnings.append(Complaint(12200, f"unknown verb {element.tag}"))
        return
    verb = reader(element, Attributes(element, document.warnings))
    if verb is not None:
        document.verbs.append(verb)


def _say(element: Element, has: Attributes) -> Say | None:
    text = text_of(element)
    if not text:
        has.warn(13520, "Say: no text")
        return None
    if len(text) > LONGEST_SAY:
        has.warn(13521, "Say: text too long")
        text = text[:LONGEST_SAY]
    return Say(text, has.text("language", "en-US"), has.text("voice"), _loop(has))


def _play(element: Element, has: Attributes) -> Play | None:
    url, digits = text_of(element), has.text("digits")
    if not url and not digits:
        has.warn(13420, "Play: nothing to play")
        return None
    return Play(url, _loop(has), digits, has.text(_CAPTION))


def _loop(has: Attributes) -> int:
    """``loop=0`` stands for 1,000 rounds."""
    return has.whole("loop", 1, least=0) or 1000


def _pause(_element: Element, has: Attributes) -> Pause:
    return Pause(has.whole("length", 1, least=0, code=13910))


def _gather(element: Element, has: Attributes) -> Gather:
    timeout = has.seconds("timeout", 5.0)
    return Gather(
        prompts=_prompts(element, has),
        action=has.text("action"),
        method=has.method("method"),
        input=tuple(has.text("input", "dtmf").replace(",", " ").split()),
        timeout=timeout,
        num_digits=has.whole("numDigits", 0, least=1, code=13314),
        finish_on_key=has.text("finishOnKey", "#"),
        speech_timeout=has.seconds("speechTimeout", timeout),
        is_action_on_empty=has.flag("actionOnEmptyResult", False),
        is_barge_in=has.flag("bargeIn", True),
        partial_result=has.callback("partialResultCallback"),
    )


def _prompts(element: Element, has: Attributes) -> tuple[Prompt, ...]:
    """What a Gather says; anything else inside it is skipped with a warning."""
    prompts: list[Prompt] = []
    for child in element:
        reader = _PROMPT_READERS.get(child.tag)
        if reader is None:
            has.warn(13215, f"{child.tag} may not be nested in {element.tag}")
            continue
        prompt = reader(child, has.of(child))
        if isinstance(prompt, Play) and prompt.digits:
            has.warn(13215, "Play with digits may not be nested in Gather")
        elif prompt is not None:
            prompts.append(prompt)
    return tuple(prompts)


def _record(_element: Element, has: Attributes) -> Record:
    return Record(
        action=has.text("action"),
        method=has.method("method"),
        timeout=has.seconds("timeout", 5.0),
        finish_on_key=has.text("finishOnKey", "1234567890*#"),
        max_length=has.whole("maxLength", 3600, least=1, code=13612),
        has_beep=has.flag("playBeep", True),
        callback=has.callback("recordingStatusCallback", ("completed",)),
    )


def _dial(element: Element, has: Attributes) -> Dial:
    return Dial(
        nouns=nouns.read(element, has),
        action=has.maybe("action"),
        method=has.method("method"),
        timeout=min(600, max(5, has.whole("timeout", 30, least=1, code=13212))),
        time_limit=has.whole("timeLimit", 14400, least=1, code=13216),
        is_answer_on_bridge=has.flag("answerOnBridge", False),
        is_hangup_on_star=has.flag("hangupOnStar", False),
        caller_id=has.text("callerId"),
        record=has.text("record", "do-not-record"),
        is_sequential=has.flag("sequential", False),
        recording=has.callback("recordingStatusCallback", ("completed",)),
    )


def _enqueue(element: Element, has: Attributes) -> Enqueue | None:
    name = text_of(element)
    if not name or len(name) > 64:
        has.warn(14201, "Enqueue: a queue's name has 1 to 64 characters")
        return None
    return Enqueue(
        name=name,
        action=has.maybe("action"),
        method=has.method("method"),
        wait_url=has.maybe("waitUrl"),
        wait_method=has.method("waitUrlMethod"),
        max_size=has.whole("maxQueueSize", 0, least=1),
    )


def _redirect(element: Element, has: Attributes) -> Redirect:
    return Redirect(text_of(element), has.method("method"))


def _reject(_element: Element, has: Attributes) -> Reject:
    return Reject(has.one_of("reason", ("rejected", "busy")))


def _start(element: Element, has: Attributes) -> StartRecording | None:
    child = _recording_inside(element, has)
    if child is None:
        return None
    inner = has.of(child)
    return StartRecording(
        name=inner.text("name"),
        channels=1 if inner.text("channels", "dual") == "mono" else 2,
        track=inner.text("track", "both"),
        callback=inner.callback("recordingStatusCallback", ("completed",)),
    )


def _stop(element: Element, has: Attributes) -> StopRecording | None:
    child = _recording_inside(element, has)
    return None if child is None else StopRecording(child.get("name", ""))


def _recording_inside(element: Element, has: Attributes) -> Element | None:
    """Streams and transcriptions run beside the call and change nothing that a caller hears."""
    child = element.find("Recording")
    if child is None:
        has.warn(12200, f"{element.tag}: only Recording is carried out")
    return child


def _sms(element: Element, has: Attributes) -> Sms:
    return Sms(text_of(element), has.text("to"), has.text("from"), has.callback("statusCallback"))


_PROMPT_READERS: dict[str, Callable[[Element, Attributes], Prompt | None]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
}

_READERS: dict[str, Callable[[Element, Attributes], Verb | None]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Record": _record,
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Leave": lambda _element, _has: Leave(),
    "Hangup": lambda _element, _has: Hangup(),
    "Redirect": _redirect,
    "Reject": _reject,
    "Start": _start,
    "Stop": _stop,
    "Sms": _sms,
}
