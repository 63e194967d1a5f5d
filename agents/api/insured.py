"""The look-up of an insured person for other systems: whoever asks knows policy number and birth date already."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from agents.api.errors import Refused, Why
from agents.api.operations import Asked, Operation, Shape
from agents.api.written import Day, Given, Id
from agents.scopes import Scope
from ivr.insured.looking_up import Insured, look_up
from ivr.insured.search_limits import SearchesUsedUp


class LookUpBody(Given):
    """Policy number, written or keyed, and birth date. In a body, as no address may hold what identifies a person."""

    policy: Annotated[str, Field(pattern=r"^[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё ./№_-]{3,39}$")]
    birth_date: Day


class InsuredShape(Shape):
    """A person as far as a system may know them: who asks can tell by the initials that it is the right one."""

    insured_id: Id
    initials: str
    programme: str
    covered_from: date
    covered_until: Annotated[date, Field(description="The last day of the policy.")]
    is_covered: Annotated[bool, Field(description="Whether the policy holds today.")]


class LookUpAnswer(Shape):
    """Nobody, one person, or several whom a policy and a birth date do not tell apart."""

    people: list[InsuredShape]


def look_up_insured(asked: Asked) -> LookUpAnswer:
    """Who is meant. Wrong number and wrong birth date are one answer; every miss counts against guessing."""
    body = asked.body_as(LookUpBody)
    try:
        with asked.centre.database.transaction("look_up_insured") as tx:
            found = look_up(
                tx,
                insurer=asked.insurer,
                policy=body.policy,
                born_on=body.birth_date,
                actor=asked.system.actor,
                at=asked.at,
            )
    except SearchesUsedUp as error:
        seconds = max(1, round((error.again_at - asked.at).total_seconds()))
        told = "Too many look-ups found nobody within an hour."
        raise Refused(Why.TOO_MANY, told, headers={"Retry-After": str(seconds)}) from error
    return LookUpAnswer(people=[_shape(one) for one in found])


def _shape(one: Insured) -> InsuredShape:
    return InsuredShape(
        insured_id=one.insured_id,
        initials=one.initials,
        programme=one.programme,
        covered_from=one.first_day,
        covered_until=one.last_day,
        is_covered=one.is_covered,
    )


LOOK_UP: Final = Operation(
    name="look_up_insured",
    method="POST",
    path="/insured/look-up",
    scopes=(Scope.INSURED,),
    summary="Whether a person is insured, by policy number and birth date",
    body=LookUpBody,
    answer=LookUpAnswer,
    answerer=look_up_insured,
)
