"""The description says what there is: every route is in it, and a program that tries everything finds nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from werkzeug.routing import Rule

from agents.api.routes import OPERATIONS
from agents.api.site import DESCRIPTION
from agents.site import API
from tests.agents.api.conftest import Api, api_of, recorded
from tests.agents.staff.serving import serving
from tests.agents.supervisor.conftest import Logged
from tests.ports import free_port


def test_every_route_is_described_and_every_description_has_its_route(api: Api) -> None:
    described = api.ask(None, "/openapi.json").json
    said = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    rules = [rule for rule in api.app.extensions[API].url_map.iter_rules() if rule.endpoint != DESCRIPTION]
    assert said == {(method, path_of(rule)) for rule in rules for method in rule.methods - {"HEAD"}}
    assert len(said) == len(OPERATIONS)


def path_of(rule: Rule) -> str:
    return re.sub(r"<row:(\w+)>", r"{\1}", str(rule)).removeprefix("/v1")


def test_the_description_is_openapi_3_1_and_its_schemas_are_json_schema(api: Api) -> None:
    described = api.ask(None, "/openapi.json").json
    assert described["openapi"] == "3.1.0"
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("description"), schema["title"]


@pytest.mark.timeout(1000)
def test_schemathesis_finds_nothing(logged: Logged, tmp_path: Path) -> None:
    """It sends what the description allows and what it forbids, and checks that each answer is as described."""
    port = free_port()
    api = api_of(logged, PULT_API_PER_MINUTE="1000000")
    logged.whole()
    recorded(api, logged.call(minutes_ago=5, waited=3, lasted=None))
    with serving(api.app, port):
        told = run_schemathesis(f"http://127.0.0.1:{port}/api/v1/openapi.json", api.token(), tmp_path)
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]
    assert f"Tested: {len(OPERATIONS)}" in told.stdout
    assert "Warnings:" not in told.stdout, told.stdout


def run_schemathesis(url: str, token: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    how = ["--checks=all", "--phases=examples,coverage,fuzzing,stateful", "--max-examples=20", "--seed=20261124"]
    how += ["--generation-deterministic", "--no-color", "--request-timeout=60"]
    return subprocess.run(
        [*program, "run", url, f"--header=Authorization: Bearer {token}", *how],
        cwd=folder, env={**os.environ, "NO_PROXY": "127.0.0.1"}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
