"""The JSON Schema that editors use is the one that flows are read by, and fits the node dataclasses."""

from dataclasses import fields

import pytest
import yaml
from jsonschema import Draft202012Validator

from flows.library import SHIPPED, sources_in
from flows.loading.schema import editor_schema, schema_text
from flows.nodes import NODE_TYPES

# Fields that are spelt otherwise in YAML: the keyword of the node type holds the first of its own.
_SPELT = {"is_emergency": "emergency", "variable": "branch", "action": "do", "arguments": "with", "values": "set"}
_SPELT |= {"destination": "transfer", "outcome": "end", "flow": "call", "is_heard_out": "heard_out"}


def test_the_file_is_up_to_date() -> None:
    assert (SHIPPED / "schema.json").read_text("utf-8") == schema_text(), "run: pult flows schema > flows/schema.json"


@pytest.mark.parametrize("type_", NODE_TYPES)
def test_each_field_of_a_node_is_in_its_schema(type_: str) -> None:
    names = {_SPELT.get(field.name, field.name) for field in fields(NODE_TYPES[type_])} - {"name"}
    known = set(NODE_TYPES[type_].schema["properties"])
    said = {"prompts"} if "prompts" in names else set()
    assert names - said <= known
    assert known - names <= {type_, "say", "finish"}


@pytest.mark.parametrize("type_", NODE_TYPES)
def test_the_example_of_a_node_is_in_its_docstring_and_valid(type_: str) -> None:
    lines = (NODE_TYPES[type_].__doc__ or "").splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("    ") and line.strip().count(":"))
    end = next((i for i in range(start, len(lines)) if not lines[i].strip()), len(lines))
    for name, node in yaml.safe_load("\n".join(lines[start:end])).items():
        assert not list(Draft202012Validator(NODE_TYPES[type_].schema).iter_errors(node)), name


def test_the_shipped_flows_fit_the_editors_schema() -> None:
    validator = Draft202012Validator(editor_schema())
    Draft202012Validator.check_schema(editor_schema())
    for file, text in sources_in(SHIPPED).items():
        if file.startswith("definitions/"):
            assert not [error.message for error in validator.iter_errors(yaml.safe_load(text))], file


def test_a_wrong_node_does_not_fit_the_editors_schema() -> None:
    flow = yaml.safe_load(sources_in(SHIPPED)["definitions/emergency.yaml"])
    flow["nodes"]["wait"]["annouce"] = ["x.y"]
    assert list(Draft202012Validator(editor_schema()).iter_errors(flow))
