"""The bench itself: it times real matches, and the cost does not grow with those who wait."""

from agents.bench_matching import time_matches
from config.bench.growth import growth_findings
from config.database import Database
from tests.agents.conftest import make_house


def test_a_match_costs_the_same_however_many_wait(tmp_path, templates):
    def make_floor(size):
        url = templates.sqlite(tmp_path / f"{size}.sqlite")
        return make_house(tmp_path / str(size), Database(url)).floor

    for size in (10, 3000):
        (tmp_path / str(size)).mkdir()
    medians = time_matches(make_floor, "vsk", sizes=(10, 3000), rounds=30)
    ratio = growth_findings(medians, name="match", goal=4)[0]
    assert ratio.figure <= 4, medians
