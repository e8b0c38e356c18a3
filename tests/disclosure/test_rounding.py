"""Rounding for counties: what is left when other counties are taken from the country."""

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.plan import rounded


def test_whole_numbers_become_fives_and_others_get_one_decimal() -> None:
    frame = pd.DataFrame({"k": [1, 2, 3], "n": [12.0, 13.0, np.nan], "mean": [1.234, 5.0, 0.05]})
    out = rounded(frame, ["n", "mean"], 5)
    assert out.n.tolist()[:2] == [10, 15]
    assert np.isnan(out.n[2])
    assert out["mean"].tolist() == [1.2, 5.0, 0.1] or out["mean"].tolist() == [1.2, 5.0, 0.0]
    assert out.k.tolist() == [1, 2, 3]
    assert frame.n[0] == 12


def test_a_county_cannot_be_had_by_taking_the_others_from_the_country() -> None:
    """Without rounding the difference is the hidden count in every draw."""
    rng = np.random.default_rng(3)
    exact, coarse = [], []
    for _ in range(100):
        counts = np.append(rng.integers(20, 300, 14), rng.integers(1, 5))
        for found, flag in ((exact, False), (coarse, True)):
            shown = [
                gate.release(
                    pd.DataFrame({"group": ["a", "b", "c"], "n": [n, 7 * n + 40, 6 * n + 50]}),
                    label="tbl-1",
                    count="n",
                    keys=["group"],
                    coarse=flag,
                ).frame.n[0]
                for n in counts
            ]
            assert np.isnan(shown[-1])
            found.append(counts.sum() - np.nansum(shown) - counts[-1])
    assert not np.any(exact)
    assert np.std(coarse) > 4


def test_coarse_release_hides_what_the_exact_one_hides() -> None:
    frame = pd.DataFrame(
        {
            "group": ["a", "b", "c", "d"],
            "n": [3, 41, 78, 102],
            "n_with": [1, 12, 33, 60],
            "share": [100 / 3, 1200 / 41, 3300 / 78, 6000 / 102],
        }
    )

    def make(*, coarse: bool) -> gate.Released:
        return gate.release(
            frame,
            label="tbl-1",
            count={"n": "n", "n_with": "n_with"},
            keys=["group"],
            percent={"share": "n"},
            exhaustive="group",
            coarse=coarse,
        )

    plain, coarse = make(coarse=False), make(coarse=True)
    assert plain.suppressed.equals(coarse.suppressed)
    known = coarse.frame.n.dropna()
    assert len(known) > 0
    assert (known % 5 == 0).all()
    assert (known - plain.frame.n.dropna()).abs().max() <= 2.5
    assert coarse.log.equals(plain.log)
