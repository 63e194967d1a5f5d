"""The ways that the bench's callers take through the lines whose desks are open round the clock."""

from typing import Final

from agents.bench.callers import BIRTH_DATE, POLICY, Path

MENUS: Final = (
    # An appointment; a patient to be moved, from home; a second opinion, for which the first is
    # missing; in English, a planned admission of a relative.
    # Who does not hear the rule out, as carriers with no voice cannot: 0 passes over it.
    Path("vsk", "medical_desk", ("1", "1", POLICY, BIRTH_DATE, "0")),
    Path("vsk", "medical_desk", ("2", "2", "2")),
    Path("vsk", "medical_desk", ("5", "1", POLICY, BIRTH_DATE, "1")),
    Path("vsk", "medical_desk", ("8", "2", "1", "2", POLICY, BIRTH_DATE)),
    # A visit to a clinic; the operator, in English.
    Path("soglasie", "medical_desk", ("1", "1", POLICY, BIRTH_DATE)),
    Path("soglasie", "medical_desk", ("8", "0")),
    # The duty therapist by telephone, after the agreement.
    Path("rgs", "contact_centre", ("1", POLICY, BIRTH_DATE, "1", "1")),
    # In Uzbek: how to buy, then the operator; urgent care in Moscow.
    Path("maks", "migrants", ("2", "1", "1", "0")),
    Path("maks", "migrants", ("2", "3", "1", "77", POLICY, BIRTH_DATE)),
)
"""Calls that are mostly in menus: they are identified, queued, and hang up after a round of waiting."""

_LONG: Final = 1000

WAITING: Final = (
    Path("vsk", "medical_desk", ("0",), _LONG),
    Path("soglasie", "medical_desk", ("0",), _LONG),
    Path("rgs", "contact_centre", ("0",), _LONG),
    Path("maks", "migrants", ("1", "0"), _LONG),
)
"""Calls that wait for the desk, round after round."""

QUEUED: Final = (Path("vsk", "medical_desk", ("0",), rounds=0),)
"""Calls that are only put into the queue."""
