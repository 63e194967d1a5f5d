"""What an entry of the audit says beyond who did what: each fact by its name, its codes, instants and ids in words."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from agents.accounts.models import Role
from agents.desk.matter_words import LEVELS
from agents.desk.outcome_words import action_words, outcome_words
from agents.desk.request_words import step_words
from agents.desk.top_bar import PRESENCES, reason_words
from agents.models import Presence
from agents.staff.formats import moment
from agents.staff.words import role_words
from agents.supervisor.audit.words import audit_words
from agents.supervisor.call_log.query_words import Titles, query_words
from config.audit import AuditEntry
from config.line_descriptions import Insurer
from ivr.diversions import Diversion

_LISTS: Final = frozenset({"calls", "people", "requests"})
"""Everybody whom a look touched: the ids are for a breach's report; of a day of the demo's past it is how many."""
_SHORT_ID: Final = 8
_TENTHS: Final = 10
_ID: Final = re.compile("[0-9a-f]{32}")

_NAMES: Final[Mapping[str, LazyString]] = {
    "addresses": lazy_gettext("addresses"),
    "address": lazy_gettext("from the address"),
    "after": lazy_gettext("became"),
    "agent": lazy_gettext("agent"),
    "approved": lazy_gettext("approved by the insurer"),
    "before": lazy_gettext("was"),
    "by": lazy_gettext("by"),
    "call": lazy_gettext("call"),
    "calls": lazy_gettext("calls"),
    "card": lazy_gettext("score card"),
    "changed_so_far": lazy_gettext("changed so far"),
    "count": lazy_gettext("how many"),
    "decided_by_agent": lazy_gettext("decided by the agent"),
    "divert_to": lazy_gettext("where to"),
    "delivery": lazy_gettext("event"),
    "entries": lazy_gettext("entries"),
    "events": lazy_gettext("events"),
    "expires_at": lazy_gettext("valid until"),
    "failed": lazy_gettext("failed"),
    "file": lazy_gettext("file"),
    "finding": lazy_gettext("found"),
    "found": lazy_gettext("found"),
    "insured_id": lazy_gettext("insured person"),
    "left": lazy_gettext("left at step"),
    "level": lazy_gettext("identification"),
    "line": lazy_gettext("line"),
    "masked": lazy_gettext("asked for"),
    "means": lazy_gettext("how"),
    "most_an_hour": lazy_gettext("most in an hour"),
    "new_so_far": lazy_gettext("new so far"),
    "newest": lazy_gettext("newest call"),
    "next_action": lazy_gettext("next action"),
    "notice_kind": lazy_gettext("what"),
    "of": lazy_gettext("whose"),
    "oldest": lazy_gettext("oldest call"),
    "outcome": lazy_gettext("outcome"),
    "phone": lazy_gettext("telephone"),
    "policy": lazy_gettext("policy"),
    "presence": lazy_gettext("presence"),
    "query": lazy_gettext("search"),
    "queue": lazy_gettext("queue"),
    "rank": lazy_gettext("place"),
    "reason": lazy_gettext("reason"),
    "result": lazy_gettext("result"),
    "role": lazy_gettext("role"),
    "rows": lazy_gettext("rows"),
    "rule": lazy_gettext("rule"),
    "scopes": lazy_gettext("may"),
    "score": lazy_gettext("score"),
    "sessions_ended": lazy_gettext("sessions ended"),
    "since": lazy_gettext("from the time"),
    "text": lazy_gettext("words"),
    "token": lazy_gettext("token"),
    "until": lazy_gettext("to the time"),
    "url": lazy_gettext("address"),
    "uses_given_back": lazy_gettext("uses given back"),
    "what": lazy_gettext("what was done"),
}
_NAMES_OF: Final[Mapping[tuple[str, str], LazyString]] = {("signed_in", "by"): lazy_gettext("how")}
_CODES: Final[Mapping[tuple[str, str], LazyString]] = {
    ("by", "agent"): lazy_gettext("agents"),
    ("by", "day"): lazy_gettext("days"),
    ("by", "half"): lazy_gettext("half-hours"),
    ("by", "hour"): lazy_gettext("hours"),
    ("by", "line"): lazy_gettext("lines"),
    ("by", "name"): lazy_gettext("name"),
    ("by", "password"): lazy_gettext("password"),
    ("by", "phone"): lazy_gettext("telephone"),
    ("by", "policy"): lazy_gettext("policy"),
    ("by", "policy_and_birth_date"): lazy_gettext("policy and birth date"),
    ("by", "quarter"): lazy_gettext("quarters of an hour"),
    ("by", "queue"): lazy_gettext("queues"),
    ("by", "single_sign_on"): lazy_gettext("company account"),
    ("finding", "identified"): lazy_gettext("one person"),
    ("finding", "locked"): lazy_gettext("too many tries"),
    ("finding", "several"): lazy_gettext("several people"),
    ("finding", "wrong"): lazy_gettext("nobody"),
    ("means", "callback"): lazy_gettext("a call back"),
    ("means", "message"): lazy_gettext("a text message"),
    ("notice_kind", "announcement"): lazy_gettext("announcement"),
    ("notice_kind", "diversion"): lazy_gettext("diversion"),
    ("result", "changed"): lazy_gettext("changed after a dispute"),
    ("result", "disputed"): lazy_gettext("disputes to answer"),
    ("result", "failed"): lazy_gettext("failed"),
    ("result", "passed"): lazy_gettext("passed"),
    ("result", "upheld"): lazy_gettext("upheld after a dispute"),
}


@dataclass(frozen=True)
class Reader:
    """For whom an entry is put into words."""

    insurer: Insurer
    language: str
    titles: Titles


def detail_words(entry: AuditEntry, reader: Reader) -> Iterator[str]:
    """'строк: 60', 'с: 24.11.2026 09:00', one for each fact; a fact without a name here goes by its own."""
    for name, value in entry.detail.items():
        is_list = name in _LISTS and isinstance(value, str)
        if value is not None and value != "" and not is_list:
            words = _NAMES_OF.get((entry.action, name)) or _NAMES.get(name) or name.replace("_", " ")
            yield f"{words}: {_told(entry, name, value, reader)}"


def _told(entry: AuditEntry, name: str, value: Any, reader: Reader) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if name in ("score", "before") and isinstance(value, int):
        whole, rest = divmod(value, _TENTHS)
        return f"{whole}{f',{rest}' if rest else ''}\N{NO-BREAK SPACE}%"
    if not isinstance(value, str):
        return str(value)
    if words := _CODES.get((name, value)):
        return str(words)
    if tell := _TOLD.get(name):
        return tell(entry, value, reader)
    return _instant(value) or (f"…{value[-_SHORT_ID:]}" if _ID.fullmatch(value) else value)


def _instant(text: str) -> str:
    """An instant where the reader is; empty for what is none."""
    try:
        return moment(datetime.fromisoformat(text)) if "T" in text else ""
    except ValueError:
        return ""


def _stage(entry: AuditEntry, code: str, _: Reader) -> str:
    """What something was before or is now: an outcome, or the step of a request."""
    return outcome_words(code) if entry.subject_kind == "outcome" else step_words(code)


def _reason(_: AuditEntry, code: str, reader: Reader) -> str:
    return str(reason_words(reader.insurer, code, reader.language) or code)


def _query(_: AuditEntry, query: str, reader: Reader) -> str:
    return query_words(dict(parse_qsl(query.removeprefix("?"))), reader.titles)


def _where_to(_: AuditEntry, target: str, reader: Reader) -> str:
    to = Diversion.read(target)
    if to.queue is not None:
        return reader.titles("queue", to.queue)
    return str(gettext("messages")) if to.number is None else to.number


_Tell = Callable[[AuditEntry, str, Reader], str]
_TOLD: Final[Mapping[str, _Tell]] = {
    "after": _stage,
    "before": _stage,
    "divert_to": _where_to,
    "file": lambda _, kind, __: kind.upper(),
    "level": lambda _, code, __: str(LEVELS.get(code, code)),
    "line": lambda _, name, reader: reader.titles("line", name),
    "next_action": lambda _, code, __: action_words(code),
    "outcome": lambda _, code, __: outcome_words(code),
    "presence": lambda _, code, __: str(PRESENCES[Presence(code)]) if code in list(Presence) else code,
    "query": _query,
    "queue": lambda _, name, reader: reader.titles("queue", name),
    "reason": _reason,
    "role": lambda _, code, __: ", ".join(role_words([Role(code)])) if code in list(Role) else code,
    "what": lambda _, action, __: audit_words(action),
}
