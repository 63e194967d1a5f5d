"""The node types of the flow language, one module each."""

from collections.abc import Mapping

from flows.nodes.branch import Branch
from flows.nodes.call import Call
from flows.nodes.digits import Digits
from flows.nodes.do import Do
from flows.nodes.end import End
from flows.nodes.menu import Menu
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Key, Said
from flows.nodes.queue import Queue
from flows.nodes.record import Record
from flows.nodes.say import Say
from flows.nodes.set import Set
from flows.nodes.tapered import Tapered
from flows.nodes.transfer import Transfer

# A queue, a transfer and an end may also `say`: the more telling keyword comes first.
TYPES: tuple[type[Node], ...] = (Menu, Digits, Set, Branch, Do, Call, Queue, Transfer, Record, End, Say)
NODE_TYPES: Mapping[str, type[Node]] = {type_.type: type_ for type_ in TYPES}

__all__ = [
    "NODE_TYPES",
    "TYPES",
    "Branch",
    "Call",
    "Digits",
    "Do",
    "End",
    "Exit",
    "Key",
    "Menu",
    "Node",
    "Queue",
    "Record",
    "Said",
    "Say",
    "Set",
    "Tapered",
    "Transfer",
]
