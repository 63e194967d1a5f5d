"""Agents, shifts, presence, waits, offers and callbacks as rows, with the constraints that guard them."""

from agents.models.offers import Offer as Offer
from agents.models.offers import WrapUp as WrapUp
from agents.models.outgoing import ANSWERED_DIAL as ANSWERED_DIAL
from agents.models.outgoing import Callback as Callback
from agents.models.outgoing import Dial as Dial
from agents.models.staff import Agent as Agent
from agents.models.staff import AgentSkill as AgentSkill
from agents.models.staff import PresenceInterval as PresenceInterval
from agents.models.staff import Shift as Shift
from agents.models.waits import QueuedCall as QueuedCall
from agents.models.waits import Wait as Wait
from agents.models.words import OPEN_OFFER as OPEN_OFFER
from agents.models.words import OPEN_WAIT as OPEN_WAIT
from agents.models.words import SERVING as SERVING
from agents.models.words import SERVING_PURPOSES as SERVING_PURPOSES
from agents.models.words import CallbackState as CallbackState
from agents.models.words import DialState as DialState
from agents.models.words import Ear as Ear
from agents.models.words import OfferState as OfferState
from agents.models.words import Presence as Presence
from agents.models.words import Purpose as Purpose
from agents.models.words import WaitState as WaitState
from agents.models.words import known as known
