"""Flows for the tests of the flow language: the small line with every node type, and the shipped ones."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import FlowSet
from flows.checks import check
from flows.library import sources_in

GOLDEN = Path(__file__).parent / "golden"

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="session")
def demo_sources() -> Mapping[str, str]:
    return sources_in(GOLDEN)


@pytest.fixture(scope="session")
def demo(demo_sources: Mapping[str, str]) -> FlowSet:
    return FlowSet.from_sources(demo_sources)


@pytest.fixture(scope="session")
def shipped() -> FlowSet:
    return FlowSet.from_folder()


@pytest.fixture
def findings_after(demo_sources: Mapping[str, str]) -> Callable[..., str]:
    """What the checks say of the small line after a change to it, to its sub-flow or to its prompts."""

    def run(line: Change | None = None, survey: Change | None = None, prompts: Change | None = None) -> str:
        changes = {
            "definitions/demo.yaml": line,
            "definitions/survey.yaml": survey,
            "prompts/demo.yaml": prompts,
        }
        sources = dict(demo_sources)
        for file, change in changes.items():
            if change is not None:
                value = yaml.safe_load(sources[file])
                change(value)
                sources[file] = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        return "\n".join(map(str, check(sources)))

    return run
