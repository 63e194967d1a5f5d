"""The lines as their callers know them: numbers, what is pressed on the usual ways, and where keys are asked for."""

from dataclasses import dataclass
from typing import Final

LINES: Final = {
    "vsk": "+78002001441",
    "vsk_curators": "+74957851057",
    "soglasie": "+78002500101",
    "rgs": "+70000000301",
    "oms": "+78003336003",
    "maks": "+70000000501",
}
INSURERS: Final = {name: "vsk" if name == "vsk_curators" else name for name in LINES}
PUBLISHED: Final = {
    "vsk": "medical_desk",
    "vsk_curators": "curators",
    "soglasie": "medical_desk",
    "rgs": "contact_centre",
    "oms": "hotline",
    "maks": "migrants",
}
"""What config/lines calls the line, for the duty manager."""

# Made-up insured people of config/demo/rosters: the policy's digits, then the birth date.
INSURED: Final = {
    "vsk": ("5000000001#", "15031985"),
    "vsk_curators": ("5000000001#", "15031985"),
    "soglasie": ("0012345678#", "14061982"),
    "rgs": ("7700100010#", "09091984"),
    "oms": ("7756410834000012#", "15031985"),
    "maks": ("900000000001#", "20081996"),
}
ANOTHER: Final = ("5000000002#", "02071979")
NO_SUCH_DAY: Final = "31021985"

MAIN: Final = {
    "vsk": ("1", "1", *INSURED["vsk"]),
    "vsk_curators": ("5093#",),
    "soglasie": ("1", "1", *INSURED["soglasie"]),
    "rgs": ("1", *INSURED["rgs"], "1", "1"),
    "oms": ("1", "1", "1", "1", *INSURED["oms"]),
    "maks": ("1", "3", "1", "77", *INSURED["maks"]),
}
"""The main path of each line, to an agent."""

OPERATOR: Final = {**dict.fromkeys(LINES, ("0",)), "vsk_curators": ("0#",), "maks": ("1", "0")}
EMERGENCY: Final = {**dict.fromkeys(LINES, ("9",)), "vsk_curators": ("9#",)}


@dataclass(frozen=True)
class Asking:
    """A place where keys are heard, and how a caller comes there.

    `under` is what must be so besides: agents who do not answer, a weekend, a diverted line, an agent who hung up.
    """

    node: str
    presses: tuple[str, ...] = ()
    under: str = ""

    def __str__(self) -> str:
        return self.node


USUAL, NOBODY, WEEKEND, DIVERTED, TALKED = "", "nobody answers", "weekend", "diverted", "talked"


def _everywhere(line: str, wait: str) -> tuple[Asking, ...]:
    """What the shared sub-flows ask on every line: whoever waits long is offered a callback (1) or a message (2)."""
    waiting = OPERATOR[line]
    return (
        Asking("opening.diverting", under=DIVERTED),
        Asking(wait, waiting, NOBODY),
        Asking("callback.phone", (*waiting, "offered 1"), NOBODY),
        Asking("callback.phone_second", (*waiting, "offered 1", "00000000000#"), NOBODY),
        Asking("message.speak", (*waiting, "offered 2"), NOBODY),
        Asking("message.once_more", (*waiting, "offered 2", ""), NOBODY),
        Asking("survey.question", waiting, TALKED),
    )


def _policy(line: str, *before: str) -> tuple[Asking, ...]:
    policy = INSURED[line][0]
    return (
        Asking("policy_check.policy", before),
        Asking("policy_check.birth_date", (*before, policy)),
        Asking("policy_check.birth_date_second", (*before, policy, NO_SUCH_DAY)),
    )


ASKINGS: Final[dict[str, tuple[Asking, ...]]] = {
    "vsk": (
        Asking("vsk.main"),
        Asking("identification.who", ("1",)),
        *_policy("vsk", "1", "1"),
        Asking("urgent.wait", ("1", "3"), NOBODY),
        Asking("vsk.hospital", ("2",)),
        Asking("vsk.in_facility", ("2", "2")),
        Asking("extension.ask", ("3",)),
        Asking("extension.ask_second", ("3", "9999#")),
        Asking("curator.wait", ("3", "", "1", *INSURED["vsk"]), NOBODY),
        Asking("curator.away", ("3", "", "1", *INSURED["vsk"]), WEEKEND),
        Asking("vsk.bonus", ("5",)),
        Asking("more.question", ("5", "1", *ANOTHER)),
        Asking("vsk.psychologist_wait", ("5", "2", *ANOTHER), NOBODY),
        *_everywhere("vsk", "desk.wait"),
    ),
    "vsk_curators": (
        Asking("extension.ask"),
        Asking("extension.ask_second", ("9999#",)),
        Asking("identification.who", ("",)),
        *_policy("vsk_curators", "", "1"),
        Asking("urgent.wait", ("", "3"), NOBODY),
        Asking("curator.wait", ("", "1", *INSURED["vsk"]), NOBODY),
        Asking("curator.away", ("", "1", *INSURED["vsk"]), WEEKEND),
        *_everywhere("vsk_curators", "desk.wait"),
    ),
    "soglasie": (
        Asking("soglasie.main"),
        Asking("soglasie.visit", ("1",)),
        *_policy("soglasie", "1", "1"),
        Asking("urgent.wait", ("1", "2"), NOBODY),
        Asking("soglasie.house_call", ("2",)),
        Asking("soglasie.doctor_place", ("2", "1")),
        Asking("soglasie.doctor_distance", ("2", "1", "2")),
        Asking("soglasie.ambulance_place", ("2", "2")),
        Asking("soglasie.ambulance_distance", ("2", "2", "2")),
        Asking("soglasie.hospital", ("3",)),
        Asking("extension.ask", ("4",)),
        Asking("extension.ask_second", ("4", "9999#")),
        Asking("identification.who", ("4", "")),
        Asking("curator.wait", ("4", "", "1", *INSURED["soglasie"]), NOBODY),
        Asking("curator.away", ("4", "", "1", *INSURED["soglasie"]), WEEKEND),
        Asking("soglasie.policy", ("5",)),
        Asking("more.question", ("5", "2")),
        Asking("soglasie.telemedicine", ("5", "5")),
        *_everywhere("soglasie", "desk.wait"),
    ),
    "rgs": (
        Asking("rgs.main"),
        *_policy("rgs", "1"),
        Asking("rgs.agreement", ("1", *INSURED["rgs"])),
        Asking("rgs.channel", ("1", *INSURED["rgs"], "1")),
        Asking("rgs.therapist", ("1", *INSURED["rgs"], "1", "1"), NOBODY),
        Asking("identification.who", ("2",)),
        Asking("urgent.wait", ("2", "3"), NOBODY),
        Asking("rgs.mind", ("3",)),
        Asking("rgs.psychologist_wait", ("3", "1", *INSURED["rgs"]), NOBODY),
        Asking("rgs.cabinet", ("4",)),
        Asking("more.question", ("4", "2")),
        *_everywhere("rgs", "desk.wait"),
    ),
    "oms": (
        Asking("oms.region"),
        Asking("oms.confirm", ("1",)),
        Asking("oms.region_code", ("2",)),
        Asking("oms.main", ("1", "1")),
        Asking("oms.policy", ("1", "1", "1")),
        *_policy("oms", "1", "1", "1", "1"),
        Asking("policy_check.policy_second", ("1", "1", "1", "1", "7756410834000013#")),
        Asking("more.question", ("1", "1", "1", "3")),
        Asking("oms.care", ("1", "1", "2")),
        Asking("oms.wait_2", ("1", "1", "2", "1"), NOBODY),
        Asking("oms.wait_3", ("1", "1", "4"), NOBODY),
        *_everywhere("oms", "oms.wait_1"),
    ),
    "maks": (
        Asking("maks.language"),
        Asking("maks.main", ("1",)),
        Asking("maks.buy", ("1", "1")),
        Asking("maks.buy_link", ("1", "1", "1")),
        Asking("more.question", ("1", "1", "2")),
        Asking("maks.paid", ("1", "2")),
        Asking("maks.paid_second", ("1", "2", "3113")),
        Asking("maks.care", ("1", "3")),
        Asking("maks.care_region", ("1", "3", "1")),
        *_policy("maks", "1", "3", "1", "77"),
        Asking("urgent.wait", ("1", "3", "1", "77", *INSURED["maks"]), NOBODY),
        Asking("maks.terms_region", ("1", "4")),
        *_everywhere("maks", "desk.wait"),
    ),
}
"""Every menu, entry of digits, message and queue of each line in which 9 must bring help."""

NOWHERE: Final[dict[str, frozenset[str]]] = {
    # The policies of these insurers have no check digit: whatever can be keyed is well formed.
    **dict.fromkeys(LINES, frozenset({"policy_check.policy_second"})),
    "oms": frozenset(),
    # Nobody in this insurer's rosters has a curator of their own.
    "rgs": frozenset({"policy_check.policy_second", "curator.wait", "curator.away"}),
}
"""What a line's flow has, but no call of this insurer's people comes to."""
