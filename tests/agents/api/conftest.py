"""The API on the staff site's centre, asked by systems of two insurers."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from agents.api.tokens import add_token
from agents.floor import Floor
from agents.scopes import Scope
from agents.site import create_staff_app
from config.clock import Clock
from config.ids import new_id
from ivr.calls.models import Call
from recordings.models import Recording, RecordingKind, RecordingState
from tests.agents.staff.conftest import Site, site  # noqa: F401 - a fixture
from tests.agents.supervisor.conftest import Logged, logged  # noqa: F401 - a fixture

EVERYTHING = tuple(Scope)


@dataclass
class Api:
    """The API, and calls that it can be asked for."""

    app: Flask
    logged: Logged

    @property
    def house(self):
        return self.logged.site.house

    @property
    def clock(self) -> Clock:
        return self.house.clock

    def token(self, *scopes: Scope, name: str = "", insurer_id: str = "vsk") -> str:
        """A fresh token of these scopes, of all where none is named."""
        return add_token(
            self.house.centre, insurer_id=insurer_id, name=name or f"system-{len(scopes)}-{insurer_id}",
            scopes=scopes or EVERYTHING, lives=timedelta(days=30), by="t",
        )

    def ask(self, token: str | None, path: str, *, json: object = None, method: str | None = None,
            **headers: str) -> TestResponse:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        method = method or ("GET" if json is None else "POST")
        return self.app.test_client().open(f"/api/v1{path}", method=method, json=json, headers=headers)


def api_of(logged: Logged, **named: str) -> Api:  # noqa: F811
    """The API with these settings."""
    centre = logged.site.house.centre
    settings = replace(centre.settings, named={**centre.settings.named, **named})
    return Api(create_staff_app(Floor(replace(centre, settings=settings), logged.site.house.carrier)), logged)


@pytest.fixture
def api(logged: Logged) -> Api:  # noqa: F811
    return Api(logged.site.app, logged)


def recorded(api: Api, call_id: str) -> str:
    """A recording of the call that is stored; its id."""
    at = api.clock.now()
    with api.house.centre.database.transaction("test_recorded") as tx:
        row = Recording(
            id=new_id(at), insurer_id=tx.get_one(Call, call_id).insurer_id, call_id=call_id, carrier_sid=f"RE{call_id}",
            kind=RecordingKind.CONVERSATION, conversation=call_id, state=RecordingState.DELETED_AT_CARRIER,
            duration_seconds=12, file_name=f"{call_id}.sealed", wrapped_key="k", began_at=at, announced_at=at,
            sealed_at=at, ended_at=at,
        )
        tx.add(row)
        return row.id
