"""The bench of the matcher: it times real matches, and the cost does not grow with those who wait."""

from itertools import count

from agents.bench.matching import time_matches
from config.bench.growth import growth_findings
from config.database import Database
from tests.agents.conftest import make_house


def test_a_match_costs_the_same_however_many_wait(tmp_path, templates):
    numbers = count()

    def make_floor():
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return make_house(folder, Database(templates.sqlite(folder / "pult.sqlite"))).floor

    medians = time_matches(make_floor, "vsk", sizes=(10, 3000), rounds=30)
    ratio = growth_findings(medians, name="match", goal=4)[0]
    assert ratio.figure <= 4, medians
