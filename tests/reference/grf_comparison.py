"""One grf forest per arm and outcome against the many-outcome forests used here.

The sample is that of the benchmark: simulated registers, the main sample with its 51
covariates. Both grow honest trees with the same settings (√p + 20 candidates, five observations
per leaf, half of each tree's half sample fills the leaves) on one core, and predict people they
have not seen. Time is processor time of growing and predicting, so that a busy machine does not
matter. grf comes in as its C++ library 2.0.0 through the Python package skgrf, in an environment
of its own; write the sample with naveval, then measure there and here:

    .venv/bin/python tests/reference/grf_comparison.py sample sample.npz
    OTHER/bin/python tests/reference/grf_comparison.py grf sample.npz grf.csv
    .venv/bin/python tests/reference/grf_comparison.py own sample.npz own.csv

`grf_comparison.csv` is the two together. One row per measurement: what (outcome, or arm for the
probability of every arm), method, n (people grown on), predicted, trees, outcomes (in one
forest), seconds, name and error (mean squared prediction error; for arms against the 0/1
indicators, averaged over arms).
"""

import csv
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

SIZES = (400, 1_600, 6_400, 20_000)
PREDICTED = 5_000
TREES = 200
CLASS_TREES = 50
OUTCOMES = ("months_2", "earnings_3", "work_6", "work_30")
SEED = 7
FULL_SCALE = 0.9


def write_sample(file: Path) -> None:
    """Simulate at full size, draw the main sample, and keep covariates, arms and outcomes."""
    from naveval.estimators.forests import ForestOptions
    from naveval.registers import reading
    from naveval.studies.programs import contracts, effects
    from naveval.studies.programs.codes import ARMS, REST
    from naveval.studies.programs.effects import Settings
    from naveval.studies.programs.sample.starts import arm_codes, arms_of, outcomes
    from naveval.studies.programs.simulate.registers import simulate

    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=FULL_SCALE, seed=2024, cohorts=("main",))
        with reading.open_registers(Path(folder), contracts.TABLES) as opened:
            drawn = effects.draw(opened, "main", Settings(ForestOptions(trees=200)))
    arms = arms_of(drawn.sample, (*ARMS, REST))
    y = outcomes(drawn.sample)
    order = np.random.default_rng(SEED).permutation(len(y))
    np.savez_compressed(
        file,
        x=drawn.covariates.to_numpy()[order],
        y=y.to_numpy()[order],
        names=list(y.columns),
        arm=arm_codes(drawn.sample, arms)[order],
    )


def measure(file: Path, method: str) -> list[dict[str, Any]]:
    """All measurements of a method: "grf" or "own"."""
    data = np.load(file)
    x, y, arm = data["x"].astype(float), data["y"], data["arm"]
    names = [str(name) for name in data["names"]]
    control = arm == 0
    grow_x, grow_y = x[control][PREDICTED:], y[control][PREDICTED:]
    new_x, new_y = x[control][:PREDICTED], y[control][:PREDICTED]
    columns = [names.index(name) for name in OUTCOMES]
    rows = []
    for n in SIZES:
        if method == "grf":
            for j in columns:
                seconds, predicted = grf_outcome(grow_x[:n], grow_y[:n, j], new_x)
                rows.append(
                    row(
                        "outcome",
                        method,
                        n,
                        TREES,
                        1,
                        seconds,
                        names[j],
                        ((predicted - new_y[:, j]) ** 2).mean(),
                    )
                )
        else:
            seconds, shared = own_outcomes(grow_x[:n], grow_y[:n], new_x)
            rows += [
                row(
                    "outcome",
                    method,
                    n,
                    TREES,
                    y.shape[1],
                    seconds,
                    names[j],
                    ((shared[:, j] - new_y[:, j]) ** 2).mean(),
                )
                for j in columns
            ]
    grow, new = slice(PREDICTED, None), slice(0, PREDICTED)
    classes = int(arm.max()) + 1
    fit = grf_classes if method == "grf" else own_classes
    seconds, probability = fit(x[grow], arm[grow], classes, x[new])
    error = ((probability - np.eye(classes)[arm[new]]) ** 2).mean()
    n = len(arm) - PREDICTED
    rows.append(row("arm", method, n, CLASS_TREES, classes, seconds, "propensity", error))
    return rows


def row(
    what: str, method: str, n: int, trees: int, k: int, seconds: float, name: str, error: float
) -> dict[str, Any]:
    found = {
        "what": what,
        "method": method,
        "n": n,
        "predicted": PREDICTED,
        "trees": trees,
        "outcomes": k,
        "seconds": round(seconds, 3),
        "name": name,
        "error": round(float(error), 6),
    }
    print(found, flush=True)
    return found


def candidates(x: np.ndarray) -> int:
    return int(np.ceil(np.sqrt(x.shape[1]))) + 20


def grf_outcome(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> tuple[float, np.ndarray]:
    from skgrf.ensemble import GRFForestRegressor

    clock = time.process_time()
    forest = GRFForestRegressor(
        n_estimators=TREES,
        sample_fraction=0.5,
        mtry=candidates(x),
        min_node_size=5,
        honesty=True,
        honesty_fraction=0.5,
        ci_group_size=1,
        n_jobs=1,
        seed=SEED,
    )
    predicted = forest.fit(x, y).predict(new)
    return time.process_time() - clock, np.ravel(predicted)


def grf_classes(
    x: np.ndarray, arm: np.ndarray, classes: int, new: np.ndarray
) -> tuple[float, np.ndarray]:
    from skgrf.ensemble import GRFForestClassifier

    clock = time.process_time()
    forest = GRFForestClassifier(
        n_estimators=CLASS_TREES,
        sample_fraction=0.5,
        mtry=candidates(x),
        min_node_size=5,
        honesty=True,
        honesty_fraction=0.5,
        ci_group_size=1,
        n_jobs=1,
        seed=SEED,
    )
    probability = forest.fit(x, arm).predict_proba(new)
    return time.process_time() - clock, np.asarray(probability)


def own_outcomes(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> tuple[float, np.ndarray]:
    from naveval.estimators import forests
    from naveval.estimators.forests import ForestOptions

    clock = time.process_time()
    predicted = forests.regression_forest(x, y, new, ForestOptions(trees=TREES, jobs=1, seed=SEED))
    return time.process_time() - clock, predicted


def own_classes(
    x: np.ndarray, arm: np.ndarray, classes: int, new: np.ndarray
) -> tuple[float, np.ndarray]:
    from naveval.estimators import forests
    from naveval.estimators.forests import ForestOptions

    clock = time.process_time()
    options = ForestOptions(trees=CLASS_TREES, jobs=1, seed=SEED)
    return_value = forests.probability_forest(x, arm, classes, new, options)
    return time.process_time() - clock, return_value


if __name__ == "__main__":
    if sys.argv[1] == "sample":
        write_sample(Path(sys.argv[2]))
    else:
        found = measure(Path(sys.argv[2]), sys.argv[1])
        with Path(sys.argv[3]).open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
