"""What came in with the form of a wrap-up, checked against what the page offers."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from agents.at_work.wrap_up import WrittenOutcome
from agents.desk.outcome_words import NEXT_ACTIONS
from agents.desk.wrap_up_card import WrapUpCard
from agents.draft_editions import Edition, read_edition
from agents.wrap_up_drafts import Draft
from ivr.calls.outcomes import DESK

LONGEST_NOTE: Final = 2000


class FormRefused(Exception):
    """The form holds what the page does not offer, or lacks what it needs; carries the sentence to show."""

    def __init__(self, why: LazyString) -> None:
        super().__init__(why)
        self.why = why


_UNKNOWN: Final = lazy_gettext("The page did not offer that. Open it again.")


def read_draft(form: MultiDict[str, str], card: WrapUpCard, zone: ZoneInfo) -> Draft:
    """The form as it stands, perhaps incomplete; times are of `zone`. Raises FormRefused for what was never offered."""
    code = form.get("primary") or form.get("other") or None
    secondary = tuple(sorted(set(form.getlist("also")) - {code or ""}))
    note = form.get("note", "").replace("\r\n", "\n").strip() or None
    action = form.get("next_action") or None
    known = {*card.outcomes, *((card.draft.code,) if card.draft.code else ()), *card.draft.secondary}
    if {code or "", *secondary} - known - {""} or action not in (None, card.draft.next_action, *NEXT_ACTIONS):
        raise FormRefused(_UNKNOWN)
    if card.is_anonymous and (note or action):
        raise FormRefused(lazy_gettext("The call is anonymous: no note and no next action is kept."))
    if note is not None and len(note) > LONGEST_NOTE:
        raise FormRefused(lazy_gettext("The note is too long: shorten it."))
    if action is None:
        return Draft(code, secondary, note)
    return Draft(code, secondary, note, action, _due_at(form.get("due_at", ""), zone), _owner(form, card))


def checked(draft: Draft, at: datetime) -> WrittenOutcome:
    """The draft as an outcome to record; raises FormRefused where something is missing."""
    if draft.code is None:
        raise FormRefused(lazy_gettext("Choose what came of the call."))
    if draft.next_action is not None and draft.due_at is None:
        raise FormRefused(lazy_gettext("Say until when the next action is due."))
    if draft.next_action is not None and draft.owner is None:
        raise FormRefused(lazy_gettext("Say who does the next action."))
    if draft.due_at is not None and draft.due_at <= at:
        raise FormRefused(lazy_gettext("The next action is due in the past: choose a later time."))
    return WrittenOutcome(draft.code, draft.secondary, draft.note, draft.next_action, draft.due_at, draft.owner)


def number(form: MultiDict[str, str], name: str) -> int:
    """A count that the page put into the form; raises FormRefused for anything else."""
    written = form.get(name, "")
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise FormRefused(_UNKNOWN)
    return int(written)


def edition_of(form: MultiDict[str, str]) -> Edition:
    """Over which drafts this one may be written; raises FormRefused for what no page puts into the form."""
    try:
        return read_edition(form)
    except ValueError:
        raise FormRefused(_UNKNOWN) from None


def _due_at(written: str, zone: ZoneInfo) -> datetime | None:
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=zone)
    except ValueError:
        raise FormRefused(_UNKNOWN) from None


def _owner(form: MultiDict[str, str], card: WrapUpCard) -> str | None:
    owner = form.get("owner") or None
    if owner not in (None, DESK, card.draft.owner, *(code for code, _ in card.owners)):
        raise FormRefused(_UNKNOWN)
    return owner
