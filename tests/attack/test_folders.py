"""The union attack on real result folders: country and two counties, two editions, four studies.

`python tests/attack/folders.py --out FOLDER` is the same as one command, and prints what it found.
"""

from pathlib import Path

import pytest
from folders import PLACES, Attacked, attacked, make

from naveval.disclosure.thresholds import thresholds

MIN_WIDTH = 3
NARROW = 0.002
"""Share of differences that noise at opposite ends may leave within fewer than `MIN_WIDTH`."""
PUBLIC = {
    "tbl-weights.labour_force",
    "tbl-mix.cost",
    "tbl-mix.net_benefit",
    "tbl-marginals.n_deviation",
}
"""Columns from published tables, and what follows from numbers told to ten."""


@pytest.fixture(scope="module", params=PLACES)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    out = tmp_path_factory.mktemp(request.param)
    make(out, [request.param])
    return attacked(out, request.param)


@pytest.mark.slow
def test_no_small_count_is_recovered(found: Attacked) -> None:
    learnt = found.protected
    assert len(learnt) >= 300
    assert not learnt["certain"].any()
    assert learnt.loc[learnt["published"], "width"].min() >= MIN_WIDTH
    assert (learnt["width"] < MIN_WIDTH).mean() <= NARROW
    assert learnt["right"].mean() <= 0.01
    assert learnt["routes"].max() <= thresholds().counts.routes


@pytest.mark.slow
def test_no_count_of_one_to_four_is_published(found: Attacked) -> None:
    assert found.small == []


@pytest.mark.slow
def test_the_control_bites(found: Attacked) -> None:
    assert found.control["certain"].mean() >= 0.2
    assert found.control["right"].mean() >= 0.2


@pytest.mark.slow
def test_the_same_persons_have_the_same_number_everywhere(found: Attacked) -> None:
    assert found.unlike == 0


@pytest.mark.slow
def test_nothing_leaves_as_it_is(found: Attacked) -> None:
    same = found.alike()
    assert set(same["label"] + "." + same["column"]) <= PUBLIC


@pytest.mark.slow
def test_other_files_tell_no_more_than_the_csv_files(found: Attacked) -> None:
    assert found.beyond == []


@pytest.mark.slow
def test_every_number_on_a_page_has_the_key_of_a_released_one(found: Attacked) -> None:
    assert found.unkeyed == []


def test_a_path_is_made_for_every_case(tmp_path: Path) -> None:
    from folders import cases

    folders = [one.folder(tmp_path) for one in cases(list(PLACES))]
    assert len(set(folders)) == len(folders) == 4 * 3 * 2 * 2
