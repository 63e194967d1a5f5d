"""Reads what a Dial dials: numbers, clients, SIP addresses, a queue or a conference."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ivr.exchange.twiml.attributes import Attributes, text_of
from ivr.exchange.twiml.verbs import ConferenceNoun, Endpoint, Noun, QueueNoun

MOST_ENDPOINTS = 10


def read(dial: Element, has: Attributes) -> tuple[Noun, ...]:
    """The nouns of a Dial; plain text in it is a number. A queue or a conference stands alone."""
    found = [noun for child in dial if (noun := _noun(child, has)) is not None]
    bare = (dial.text or "").strip()
    if not found and bare:
        found = [Endpoint(bare)]
    alone = [noun for noun in found if not isinstance(noun, Endpoint)]
    if alone and len(found) > 1:
        has.warn(13215, "Dial: a queue or a conference stands alone")
        return (alone[0],)
    if len(found) > MOST_ENDPOINTS:
        has.warn(13215, f"Dial: at most {MOST_ENDPOINTS} endpoints")
    return tuple(found[:MOST_ENDPOINTS])


def _noun(element: Element, parent: Attributes) -> Noun | None:
    has = parent.of(element)
    match element.tag:
        case "Number":
            return _endpoint(text_of(element), element, has)
        case "Client":
            return _endpoint(f"client:{_identity(element)}", element, has)
        case "Sip":
            return _endpoint(text_of(element), element, has)
        case "Queue":
            return QueueNoun(text_of(element), has.text("url"), has.method("method"))
        case "Conference":
            return _conference(element, has)
    parent.warn(13215, f"{element.tag} may not be nested in Dial")
    return None


def _identity(client: Element) -> str:
    identity = client.find("Identity")
    return (client.text or "").strip() if identity is None else text_of(identity)


def _endpoint(address: str, element: Element, has: Attributes) -> Endpoint | None:
    if not address or address == "client:":
        has.warn(13224, f"{element.tag}: no address")
        return None
    parameters = tuple(
        (child.get("name", ""), child.get("value", "")) for child in element.findall("Parameter")
    )
    progress = has.callback("statusCallback", ("completed",))
    return Endpoint(
        address, has.text("url"), has.method("method"), progress, parameters, has.text("sendDigits")
    )


def _conference(element: Element, has: Attributes) -> ConferenceNoun | None:
    name = text_of(element)
    if not name or len(name) > 128:
        has.warn(13230, "Conference: a name has 1 to 128 characters")
        return None
    return ConferenceNoun(
        name=name,
        is_muted=has.flag("muted", False),
        beep=has.one_of("beep", ("true", "false", "onEnter", "onExit"), 13231),
        is_starting=has.flag("startConferenceOnEnter", True),
        is_ending=has.flag("endConferenceOnExit", False),
        label=has.text("participantLabel"),
        most=has.whole("maxParticipants", 250, least=1, code=13235),
        wait_url=has.maybe("waitUrl"),
        wait_method=has.method("waitMethod"),
        is_recorded=has.text("record") in ("record-from-start", "true"),
        coach=has.text("coach"),
        callback=has.callback("statusCallback"),
        recording=has.callback("recordingStatusCallback", ("completed",)),
    )
