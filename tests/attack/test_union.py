"""The union attack: everything published at once, against counts below five.

Wanted: nothing certain, no interval narrower than three, and hardly a small count guessed right
with confidence. With exact counts, small ones hidden, the same attack finds many: the control.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from attackers import report, routes
from synthetic import CODES, SECRET, persons, table
from view import CHANGED, EXACT, HIDDEN, View, cells_of, equations, kernel, view

from naveval.disclosure import counts as counting
from naveval.disclosure import decisions, editions, magnitudes
from naveval.disclosure.thresholds import thresholds

LARGEST = 100_000
MIN_WIDTH = 3
SMALL = 40
COUNTS = 45
TABLES = (
    ("county", "sex"),
    ("age", "outcome"),
    ("county", "age", "outcome"),
)


def raw(rows: pd.DataFrame, tables: Sequence[Sequence[str]] = TABLES) -> list[pd.DataFrame]:
    return [table(rows, by) for by in tables]


def shown(tables: Sequence[pd.DataFrame], protected: bool) -> list[pd.DataFrame]:
    """The tables as published: changed, or exact with 1 to 4 hidden."""
    found = []
    for one in tables:
        if protected:
            values = counting.protected_counts(one["n"], one["n_key"], SECRET)
            kinds = np.full(len(one), CHANGED)
        else:
            values = one["n"].to_numpy()
            kinds = np.where((values > 0) & (values < thresholds().min_cell), HIDDEN, EXACT)
        found.append(one.drop(columns=["n", "n_key"]).assign(shown=values, kind=kinds))
    return found


def attacked(tables: list[pd.DataFrame], protected: bool) -> tuple[pd.DataFrame, View, np.ndarray]:
    """The attackers' findings on small counts, with the prior of who knows their distribution."""
    cells, links = cells_of(shown(tables, protected), CODES)
    truth_cells, _ = cells_of(
        [
            one.drop(columns="n_key").rename(columns={"n": "shown"}).assign(kind="")
            for one in tables
        ],
        CODES,
    )
    truth = truth_cells["shown"].to_numpy()
    known = view(cells["shown"].to_numpy(), cells["kind"], links, LARGEST)
    prior = np.bincount(np.minimum(truth, 10), minlength=11) / len(truth) + 1e-3
    every = np.flatnonzero((truth > 0) & (truth < 5))
    small = np.random.default_rng(0).permutation(every)[:SMALL]
    return report(known, truth, prior, small), known, small


@pytest.fixture(scope="module")
def tables() -> list[pd.DataFrame]:
    return raw(persons(400, seed=1))


def test_nothing_small_is_recovered(tables: list[pd.DataFrame]) -> None:
    found, known, small = attacked(tables, protected=True)
    assert len(found) == SMALL
    assert not found["certain"].any()
    assert found["width"].min() >= MIN_WIDTH
    assert found["right"].mean() <= 0.01
    assert routes(known, small).max() <= thresholds().counts.routes


def test_the_control_bites(tables: list[pd.DataFrame]) -> None:
    found, _, _ = attacked(tables, protected=False)
    assert found["certain"].mean() >= 0.2


def test_two_counties_and_the_country_give_nothing_more(tables: list[pd.DataFrame]) -> None:
    """Counties' own reports hold the same persons as the country's rows: the same numbers."""
    own = [one[one["county"].isin(["county0", "county1"])] for one in tables if "county" in one]
    again = shown(own, protected=True)
    first = shown(tables, protected=True)
    for one, whole in zip(again, [t for t in first if "county" in t], strict=True):
        keys = [name for name in one.columns if name not in ("shown", "kind")]
        joined = one.merge(whole, on=keys, suffixes=("", "_whole"))
        assert len(joined) == len(one)
        assert (joined["shown"] == joined["shown_whole"]).all()


@pytest.mark.parametrize("editions", [2, 8])
def test_editions(editions: int) -> None:
    """Later editions add persons to the last month alone: a shown month is kept."""
    rows = persons(500, seed=3)
    tables = []
    for edition in range(editions):
        grown = pd.concat([rows, persons(20 * edition, seed=9).assign(month="month2")])
        grown["person"] = np.arange(len(grown))
        one = table(grown, ("county", "outcome", "month"))
        late = one["month"].isin(["month2", ""])
        one["edition"] = np.where(late, edition, 0)
        tables.append(one[late | (edition == 0)])
    found, _, _ = attacked([one.astype({"edition": str}) for one in tables], protected=True)
    assert not found["certain"].any()
    assert found["width"].min() >= MIN_WIDTH
    assert found["right"].mean() <= 0.01


def every_pair(direction: int) -> pd.DataFrame:
    """All that two editions of a cell can tell, when persons only come (1) or only go (-1)."""
    reach, table = thresholds().counts.largest_change, kernel()
    count = np.arange(COUNTS)
    first, second, told, fresh = (
        axis.ravel() for axis in np.meshgrid(count, count, *[np.arange(-reach, reach + 1)] * 2)
    )
    rows = (second - first) * direction >= 0
    first, second, told, fresh = (one[rows] for one in (first, second, told, fresh))
    last = len(table) - 1

    def possible(n: np.ndarray, change: np.ndarray) -> np.ndarray:
        row = np.minimum(n, last)
        return (row + change >= 0) & (table[row, np.maximum(row + change, 0)] > 0)

    rows = possible(first, told) & possible(second, fresh) & ((first != second) | (told == fresh))
    first, second, told, fresh = (one[rows] for one in (first, second, told, fresh))
    own = pd.DataFrame({"first": first, "second": second, "told": told + first})
    return own.assign(fresh=fresh + second, changed=abs(second - first))


@pytest.mark.parametrize("direction", [1, -1])
def test_two_editions_of_a_cell_leave_three_more_counts_whatever_they_tell(direction: int) -> None:
    """Exact: every pair of counts and numbers, for one who knows that persons only came, or went.

    Without what an edition keeps, some pairs of numbers leave one count.
    """
    found = every_pair(direction)
    before, after = (
        np.stack([0 * found[n], found[n], found[n] * 2**30], axis=1) for n in ("first", "second")
    )
    keeps = editions.kept(before, after, found["told"].to_numpy(), found["fresh"].to_numpy())
    for again, least in ((found["fresh"].mask(keeps, found["told"]), MIN_WIDTH), (found.fresh, 0)):
        told = found.assign(again=again)
        left = told[told[["told", "again"]].max(axis=1) < COUNTS - 20].groupby(["told", "again"])
        narrowest = []
        for name in ("first", "second", "changed"):
            low, high = left[name].min(), left[name].max()
            narrowest.append((high - low)[low.lt(5) & high.gt(0)].min())
        assert min(narrowest) >= least
        assert (min(narrowest) < MIN_WIDTH) == (least == 0)


@pytest.mark.parametrize(("number", "least", "most"), [(10, 0.0, 0.02), (100, 0.3, 1.0)])
def test_ten_routes_to_a_small_count_do_not_give_it_and_a_hundred_do(
    number: int, least: float, most: float
) -> None:
    """Route: a total less the rest, each time with other persons beside the small cell."""
    draw = np.random.default_rng(5)
    right = []
    for _ in range(15 if number > 10 else 60):
        small = int(draw.integers(1, 5))
        rest = draw.integers(30, 300, number)
        key = small * 10**9 + int(draw.integers(10**8))
        rest_keys = rest * 10**9 + draw.integers(0, 10**8, number)
        values = np.concatenate([[small], rest + small, rest])
        cell_keys = np.concatenate([[key], rest_keys + key, rest_keys])
        numbers = counting.protected_counts(values, cell_keys, SECRET)
        links = equations([(1 + i, [0, 1 + number + i]) for i in range(number)], len(values))
        known = view(numbers, [CHANGED] * len(values), links, LARGEST)
        prior = np.array([0.05, 1, 1, 1, 1, 0.05, 0.05, 0.05, 0.05, 0.05, 1])
        one = report(known, values, prior, [0])
        right.append(bool(one["right"].iloc[0]))
        if number <= thresholds().counts.routes:
            assert one["width"].iloc[0] >= MIN_WIDTH
    assert least <= np.mean(right) <= most


def test_cumulative_counts_do_not_give_their_steps() -> None:
    """Each point is protected by its own key; steps of one to four persons stay unknown."""
    draw = np.random.default_rng(2)
    certain, right, widths = [], [], []
    for _ in range(5):
        steps = draw.integers(0, 6, 12)
        step_keys = steps * 10**9 + np.where(steps > 0, draw.integers(0, 10**8, 12), 0)
        points = counting.protected_counts(steps.cumsum(), step_keys.cumsum(), SECRET)
        frame = counting.cumulative(pd.DataFrame({"n": points}), ["n"], [])
        n = len(steps)
        values = np.concatenate([frame["n"], steps])
        # The attacker sees the running maximum; the point itself is at most that. To attack
        # harder, let him see the points.
        shown_values = np.concatenate([points, np.zeros(n, dtype=int)])
        kinds = [CHANGED] * n + ["silent"] * n
        links = equations([(i, [i - 1, n + i]) for i in range(1, n)], 2 * n)
        known = view(shown_values, kinds, links, 60)
        small = [n + i for i in range(1, n) if 0 < steps[i] < 5]
        found = report(known, values, np.ones(11), small)
        certain.append(found["certain"].any())
        widths.append(found["width"].min())
        right.append(found["right"].mean())
    assert not any(certain)
    assert min(widths) >= MIN_WIDTH
    assert np.mean(right) <= 0.01


def test_coefficients_that_are_shares_of_few_do_not_leave() -> None:
    """In full digits the share of a group with a known number of persons gives back its count.

    So do rounded ones: a tenth of the error of a share of few is less than a person. What
    protects is that such coefficients rest on ten events at least, or come from protected counts.
    """
    draw = np.random.default_rng(4)
    n, events = draw.integers(3000, 9000, 200), draw.integers(1, 5, 200)
    share = 100 * events / n
    error = 100 * np.sqrt(events) / n
    full = [k for k, told in zip(n, share, strict=True) if round(told * k / 100, 6) % 1 == 0]
    assert len(full) == 200
    frame = pd.DataFrame(
        {"cell": np.arange(200), "effect": share, "error": error, "events": events, "others": n}
    )
    found = decisions.modelled(
        frame,
        label="tbl-x",
        keys=["cell"],
        persons=1,
        estimates={"effect": "error"},
        residual_df=1000,
        events="events",
        others="others",
    )
    assert found.frame[["effect", "error"]].isna().all().all()
    assert set(found.frame.columns) == {"cell", "effect", "error"}
    shown_shares = 100 * counting.protected_counts(events, events * 10**9, SECRET) / n
    back = np.round(shown_shares * n / 100)
    assert not set(back) & {1, 2, 3, 4}


def test_sums_do_not_give_a_persons_part() -> None:
    """A sum less the sum without one person leaves at least half a cap of doubt."""
    draw = np.random.default_rng(6)
    cap, doubt = 37.5, []
    for _ in range(300):
        n = int(draw.integers(60, 200))
        parts = draw.uniform(0, cap, n)
        n_keys = n * 10**9 + np.array([0, -int(draw.integers(10**8, 10**9))])
        both = magnitudes.protected_sums(
            [parts.sum(), parts[1:].sum()], [n, n - 1], n_keys, SECRET, cap=cap
        )
        doubt.append(abs((both[0] - both[1]) - parts[0]))
    assert np.mean(np.array(doubt) < 0.05 * cap) < 0.1
    assert np.std(doubt) > 0.3 * cap
