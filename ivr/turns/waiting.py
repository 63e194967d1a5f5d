"""Waiting in a queue, round by round: place and estimate, music, keys; and a place to wait until the bridge is up."""

from dataclasses import replace
from typing import Final

from flows import advance
from flows.turn import Answered, LeaveQueue, Round, Wait
from ivr.calls.models import CallState
from ivr.phone_side import PhoneSide
from ivr.ports import Standing, StandingAdvice
from ivr.turns.keys import pressed_or_silence
from ivr.turns.notices import announcements
from ivr.turns.replies import keep_reply, reply_to
from ivr.turns.steps import door_document, hold_round
from ivr.turns.taking import finish
from ivr.turns.turning import Turning, turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import spoken
from ivr.urls import ROUNDS_PER_WAIT, Urls, first_round, turn_of_round

_USUAL_SECONDS: Final = 30
_MUSIC_PIECES: Final = 4


def waiting_round(phone: PhoneSide, call_id: str, round_number: int) -> Xml:
    """What a waiting caller hears in this round; the same round again sounds the same. Raises CallUnreadable."""
    with turning(phone, call_id, "waiting_round") as one:
        number = f"w{round_number}"
        known = reply_to(one.tx, one.call, number)
        if known is not None:
            return known
        standing = _standing(one, round_number)
        if standing is None:
            return music(one, round_number)
        reply = _round(one, standing, round_number)
        keep_reply(one.tx, one.call, number, reply, at=one.at)
        return reply


def waiting_key(phone: PhoneSide, call_id: str, round_number: int, digits: str) -> Xml:
    """The reply to a key pressed while waiting. Raises CallUnreadable."""
    with turning(phone, call_id, "waiting_key") as one:
        number = f"w{round_number}.key"
        known = reply_to(one.tx, one.call, number)
        if known is not None:
            return known
        standing = _standing_untold(one, round_number) if digits else None
        # Whoever has been claimed is on the way to an agent: a key can only take that away from them.
        if standing is None:
            return music(one, round_number)
        reply = _key(one, digits, standing, round_number)
        keep_reply(one.tx, one.call, number, reply, at=one.at)
        return reply


def at_the_door(one: Turning, digits: str) -> Xml:
    """The reply to a key pressed over what is said before the queue; the caller's wait has begun meanwhile."""
    number, queue = one.call.turn, getattr(one.node(), "queue", "")
    # As in a round: whoever has been claimed is on the way to an agent.
    if _standing_untold(one, first_round(number)) is None:
        return door_document(one, queue, "", number=number)
    turn = advance(one.flows, one.session(), pressed_or_silence(one, digits, str(number - 1)))
    one.note_trace(turn.trace)
    one.keep(turn.session)
    if isinstance(turn.step, LeaveQueue):
        one.has_left_queue = True
        return finish(one, Answered("left"))
    words = spoken(one.flows, turn.said, language=turn.session.language, delivery=one.delivery)
    return door_document(one, queue, words, number=number)


def hold_music(phone: PhoneSide, call_id: str, round_number: int, *, is_on_hold: bool = False) -> Xml:
    """Music and the next round, without a look at the call: on hold, or where a waiting round failed."""
    urls = Urls(phone.centre.settings.public_url, call_id)
    on = urls.hold(round_number + 1) if is_on_hold else urls.waiting(round_number + 1)
    return elements.document(elements.play(urls.hold_music, times=_MUSIC_PIECES), elements.redirect(on))


def music(one: Turning, round_number: int) -> Xml:
    """A little music and another round: the caller is being connected, or this round is out of date."""
    return elements.document(elements.play(one.urls.hold_music), elements.redirect(one.urls.waiting(round_number + 1)))


def _standing(one: Turning, round_number: int) -> Standing | None:
    """The caller's place, told in this round; None for who waits no more, and for a round of an earlier wait."""
    if one.call.state != CallState.WAITING or turn_of_round(round_number) != one.call.turn:
        return None
    number_in_wait = round_number % ROUNDS_PER_WAIT
    return one.phone.ports.queues.standing(one.tx, one.call, round_number=number_in_wait)


def _standing_untold(one: Turning, round_number: int) -> Standing | None:
    """The place of the caller of this round; asked as of no round, so that no place counts as told."""
    return _standing(one, round_number - round_number % ROUNDS_PER_WAIT)


def _round(one: Turning, standing: Standing, round_number: int) -> Xml:
    if standing.advice is not StandingAdvice.KEEP_WAITING:
        is_over = standing.advice is StandingAdvice.LEAVE_TIMED_OUT
        one.note("wait_timed_out" if is_over else "wait_broken_off", waited_seconds=standing.waited_seconds)
        return elements.document(elements.leave())
    news = announcements(one, standing.queues, is_line_included=not one.call.is_emergency)
    heard = Round(standing.ahead, standing.wait_seconds, standing.waited_seconds)
    turn = advance(one.flows, one.session(), heard)
    one.note_trace(turn.trace)
    wait = turn.step if isinstance(turn.step, Wait) else Wait(_USUAL_SECONDS, "")
    if turn.said:
        one.note("said", prompts=[it.id for it in turn.said], language=turn.session.language)
    words = spoken(one.flows, turn.said, language=turn.session.language, delivery=one.delivery)
    one.keep(turn.session)
    return hold_round(one, news + words, _no_longer_than(wait, standing), round_number=round_number)


def _key(one: Turning, digits: str, standing: Standing, round_number: int) -> Xml:
    asked_in = (f"w{round_number}", f"w{round_number - 1}.key")
    turn = advance(one.flows, one.session(), pressed_or_silence(one, digits, *asked_in))
    one.note_trace(turn.trace)
    one.keep(turn.session)
    if isinstance(turn.step, LeaveQueue):
        return elements.document(elements.leave())
    words = spoken(one.flows, turn.said, language=turn.session.language, delivery=one.delivery)
    if turn.said:
        one.note("said", prompts=[it.id for it in turn.said], language=turn.session.language)
    wait = turn.step if isinstance(turn.step, Wait) else Wait(_USUAL_SECONDS, "")
    # A round of its own: the answer to this round's key is given, and the next key must be heard too.
    return hold_round(one, words, _no_longer_than(wait, standing), round_number=round_number + 1)


def _no_longer_than(wait: Wait, standing: Standing) -> Wait:
    """The next round comes in time for whoever must leave the queue before this one would have sounded out."""
    left = standing.leave_in_seconds
    return wait if left is None else replace(wait, seconds=min(wait.seconds, max(1, left)))
