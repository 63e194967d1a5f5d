"""A duty manager's announcements, said once in a call: at the queue's door, or in the next round of who waits."""

from collections.abc import Collection

from ivr.line_notices import SAID, unheard_announcements, words_of
from ivr.turns.turning import Turning
from ivr.twiml.elements import Xml
from ivr.twiml.speech import say_text


def announcements(one: Turning, queues: Collection[str], *, is_line_included: bool) -> Xml:
    """Whatever hangs for these queues, or the call's line, and was not said in this call yet; mostly nothing."""
    found = unheard_announcements(
        one.tx, one.call, queues=queues, is_line_included=is_line_included, now=one.at
    )
    said = ""
    for notice in found:
        text, language = words_of(notice, one.call.language)
        one.note(SAID, notice=notice.id, text=text)
        said += say_text(text, language=language, delivery=one.delivery)
    return said
