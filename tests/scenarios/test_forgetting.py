"""What is left of a call once it is over: nothing that was keyed, and of an anonymous caller nothing at all."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.database import Base
from ivr.calls.models import Call
from ivr.insured.models import EntitlementUse, InsuredPerson, InsuredPhone, Policy

VSK, ANI = "+78002001441", "+70002000001"
POLICY, BIRTH_DATE = "5000000001", "15031985"
LAST_FOUR = "ноль ноль ноль один"
# The roster is the insurer's own record of its people, not what a call leaves behind.
ROSTER = {model.__tablename__ for model in (InsuredPerson, InsuredPhone, Policy)}


def _rows(centre: Any) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, with the table's name."""
    with centre.stage.house.centre.database.reading("everything") as tx:
        for table in Base.metadata.sorted_tables:
            for row in tx.execute(select(table)):
                yield table.name, str(tuple(row))


def _left_of(centre: Any, secrets: tuple[str, ...]) -> set[tuple[str, str]]:
    return {
        (table, secret) for table, row in _rows(centre) if table not in ROSTER for secret in secrets if secret in row
    }


def _insured(centre: Any) -> str:
    with centre.stage.house.centre.database.reading("insured") as tx:
        found = select(InsuredPhone.insured_id).where(InsuredPhone.e164 == ANI)
        return str(tx.scalars(found).one())


@pytest.mark.parametrize("hang_up_at", [3, 4, "bridged"])
def test_nothing_that_was_keyed_outlives_the_call(
    centre: Any, caplog: pytest.LogCaptureFixture, hang_up_at: int | str
) -> None:
    with caplog.at_level(logging.DEBUG):
        story = centre.place(VSK, ("2", "1", "1", f"{POLICY}#", BIRTH_DATE), ani=ANI, hang_up_at=hang_up_at)
    assert story.is_ended
    assert _left_of(centre, (POLICY, BIRTH_DATE, "1985-03-15")) == set()
    for secret in (POLICY, BIRTH_DATE, "1985-03-15", ANI, ANI[2:]):
        assert secret not in caplog.text


def test_an_anonymous_caller_leaves_nothing_that_leads_to_them(centre: Any, caplog: pytest.LogCaptureFixture) -> None:
    before = set(_rows(centre))
    with caplog.at_level(logging.DEBUG):
        phone = centre.dial(VSK, ("5", "2", f"{POLICY}#", BIRTH_DATE), ani=ANI)
        assert [event["text"] for event in phone.events() if event and LAST_FOUR in str(event.get("text"))] == []
        centre.stage.rehearsal.run_for(timedelta(minutes=5))
    with centre.stage.house.centre.database.reading("anonymous") as tx:
        call = tx.scalars(select(Call).where(Call.carrier_sid == phone.call_sid)).one()
        assert (call.is_anonymous, call.ani, call.insured_id) == (True, None, None)
        every_use = tx.scalars(select(EntitlementUse).where(EntitlementUse.insured_id.is_(None))).all()
        used_before = {row for table, row in before if table == EntitlementUse.__tablename__}
        uses = [use for use in every_use if not any(use.id in row for row in used_before)]
    secrets = (POLICY, BIRTH_DATE, "1985-03-15", ANI, LAST_FOUR, _insured(centre))
    of_the_call = [row for table, row in set(_rows(centre)) - before if call.id in row]
    assert len(of_the_call) > 10
    assert [secret for secret in secrets for row in of_the_call if secret in row] == []
    assert [row for table, row in set(_rows(centre)) - before if table == "identification_tries"] == []
    assert [use.call_id for use in uses] == [None] * len(uses)
    # Not even the instant: the use is of a day.
    assert len(uses) == 1
    assert int(uses[0].id[:12], 16) % 86_400_000 == 0
    for secret in secrets:
        assert secret not in caplog.text
