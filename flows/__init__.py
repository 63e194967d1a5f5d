"""The flow language: what a caller hears, is asked, and where each answer leads; pure, without I/O."""

from flows.engine import advance, begin
from flows.errors import Finding, FlowError, FlowsRefusedError
from flows.library import FlowSet
from flows.reasons import why
from flows.session import Session, Turn
from flows.vocabulary import Vocabularies, Vocabulary

__all__ = [
    "Finding",
    "FlowError",
    "FlowSet",
    "FlowsRefusedError",
    "Session",
    "Turn",
    "Vocabularies",
    "Vocabulary",
    "advance",
    "begin",
    "why",
]
