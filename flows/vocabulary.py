"""The words that flows take from outside: queues, destinations, outcomes, and links for text messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The primary outcomes of a call, agreed with the insurers; `left_to_agent` says that an agent spoke to
# the caller and records the outcome.
_OUTCOMES = (
    "info_given appointment_requested appointment_booked insured_notified gl_requested gl_issued "
    "gl_sent_to_clinic gl_declined ambulance_dispatched arrival_confirmed patient_state_checked "
    "home_doctor_called hospitalisation_emergency hospitalisation_planned evacuation_organised "
    "telemed_booked second_opinion_opened limit_reached first_opinion_missing psychologist_connected "
    "claim_registered ticket_registered policy_duplicate_emailed referred_hr referred_registry referred_cabinet "
    "referred_home_region_representative referred_tfoms wrong_insurer refused_not_covered policy_expired "
    "out_of_radius deductible_not_active not_identified callback_scheduled callback_done callback_failed "
    "voicemail_left transferred_112 abandoned_in_ivr abandoned_in_queue dropped_mid_call emergency_drop "
    "nuisance test left_to_agent "
)
OUTCOMES = frozenset(_OUTCOMES.split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a line may name. None leaves a kind of word unchecked.

    A line that `records_calls` must say so before anything else.
    """

    queues: frozenset[str] | None = None
    destinations: frozenset[str] | None = None
    links: frozenset[str] | None = None
    outcomes: frozenset[str] | None = OUTCOMES
    records_calls: bool = False


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The words of each line flow, by the flow's name; lines that are not named have `others`."""

    lines: Mapping[str, Vocabulary]
    others: Vocabulary = Vocabulary()

    def of(self, line: str) -> Vocabulary:
        return self.lines.get(line, self.others)

    @classmethod
    def same(cls, vocabulary: Vocabulary | Vocabularies | None) -> Vocabularies:
        """One vocabulary for every line, where only one is given."""
        if isinstance(vocabulary, Vocabularies):
            return vocabulary
        return cls({}, vocabulary or Vocabulary())
