"""Make honest_did_bounds.csv: fixed-length intervals of the Python package honestdid.

Run in an environment of its own: honestdid needs torch, which is several gigabytes.
    pip install honestdid==0.1.1
    python tests/reference/honest_did_bounds.py

The package searches 1 000 standard errors for the shortest interval and draws the critical
value of a folded normal at random, so that it agrees with the exact answer to a few in a
thousand; with M = 0 its solver says "optimal_inaccurate".
"""

import csv
from pathlib import Path

import numpy as np

CASES = ((3, 4), (5, 2), (8, 4), (16, 8))
BOUNDS = (0.0, 0.005, 0.05)


def example(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and covariance of an event study whose noise is autocorrelated."""
    times = np.concatenate([np.arange(-before, 0), np.arange(1, after + 1)])
    distance = np.abs(times[:, None] - times[None, :])
    covariance = 0.05**2 * (0.4 + 0.6 * 0.8**distance)
    return 0.05 * np.sin(1.0 + np.arange(before + after)), covariance


if __name__ == "__main__":
    import honestdid

    with Path(__file__).with_suffix(".csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["before", "after", "bound", "low", "high", "status"])
        for before, after in CASES:
            estimate, covariance = example(before, after)
            for bound in BOUNDS:
                found = honestdid.find_optimal_flci(
                    estimate,
                    covariance,
                    bound,
                    before,
                    after,
                    l_vec=np.full(after, 1 / after),
                    numPoints=1000,
                )
                low, high = (f"{limit:.8f}" for limit in found["FLCI"])
                writer.writerow([before, after, bound, low, high, found["status"]])
