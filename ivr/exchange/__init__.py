"""The exchange: a stand-in carrier that speaks Twilio's contract from the other side.

It imports nothing of the rest of the project but what both sides share (``ivr.softphone``, ``ivr.telephone_sound``,
which import nothing themselves), and only ``wsgi.py`` may import it.
"""

from ivr.exchange.behaviours import AutoAnswer, Busy, Fail, Hands, NoAnswer, Offline, Person
from ivr.exchange.client import Phone, account_at
from ivr.exchange.clock import MovedClock, WallClock
from ivr.exchange.courier import LiveCourier, SimulatedCourier
from ivr.exchange.errors import ExchangeError, NoSuchPhone, PortTaken
from ivr.exchange.mischief import Ambush, Mischief, RestFault
from ivr.exchange.server import RunningExchange, serve
from ivr.exchange.serving import ServedApp
from ivr.exchange.settings import Settings
from ivr.exchange.switch import Switch
from ivr.exchange.web import create_exchange

__all__ = [
    "Ambush",
    "AutoAnswer",
    "Busy",
    "ExchangeError",
    "Fail",
    "Hands",
    "LiveCourier",
    "Mischief",
    "MovedClock",
    "NoAnswer",
    "NoSuchPhone",
    "Offline",
    "Person",
    "Phone",
    "PortTaken",
    "RestFault",
    "RunningExchange",
    "ServedApp",
    "Settings",
    "SimulatedCourier",
    "Switch",
    "WallClock",
    "account_at",
    "create_exchange",
    "serve",
]
