"""A centre's programs as whoever watches it sees them: probes of each, and what its processes counted, in one place."""

import urllib.error
import urllib.request

import pytest

from config.ports import answers
from tests.ports import free_port
from tests.scenarios.test_real_processes import Programs, programs, until  # noqa: F401 - a fixture

TURNED_AWAY = 'pult_webhooks_refused_total{status="403"}'


def got(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def forge(programs: Programs) -> None:  # noqa: F811
    """A webhook that nobody signed."""
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{programs.settings.public_url}/voice/incoming", b"CallSid=CA1", timeout=60)


@pytest.mark.timeout(300)
def test_refusals_and_turns_are_counted_over_processes_also_those_that_ended(programs: Programs) -> None:  # noqa: F811
    figures = f"http://127.0.0.1:{free_port()}"
    with programs.started("metrics", PULT_METRICS_BIND=figures):
        with programs.started("web"):
            until(programs.web_answers)
            until(lambda: answers(f"{figures}/healthz"))
            for _ in range(3):
                forge(programs)
            assert '"ok": true' in got(f"{programs.settings.public_url}/readyz")
            programs.dial()
            until(lambda: 'endpoint="voice.turn"' in got(f"{figures}/metrics"))
        text = got(f"{figures}/metrics")
    assert f"{TURNED_AWAY} 3.0" in text
    assert 'pult_calls_begun_total{direction="inbound",insurer="vsk",line="medical_desk"} 1.0' in text
