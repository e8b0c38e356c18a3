"""Make synthetic_control.json: what pysyncon and diff-diff find on the same data.

Run in an environment of its own (they are not dependencies of the project):
    pip install pysyncon==1.7.0 diff-diff==3.13.0
    python tests/reference/synthetic_control.py
The data are cigarette sales in packs per person, 39 states 1970–2000 (Abadie, Diamond and
Hainmueller 2010), and a small made-up panel with a fixed seed.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from diff_diff import SyntheticDiD
from pysyncon import Synth

HERE = Path(__file__).parent


def made_up() -> pd.DataFrame:
    """(periods × units) panel; unit 0 is treated from period 30."""
    generator = np.random.default_rng(20141115)
    factor = generator.normal(size=(2, 40)).cumsum(1) * 0.1
    loading = generator.uniform(0, 1, (12, 2))
    values = 2 + loading @ factor + 0.05 * generator.normal(size=(12, 40))
    values[0, 30:] -= 0.2
    return pd.DataFrame(values.T)


def california() -> pd.DataFrame:
    rows = pd.read_csv(HERE / "california_prop99.csv")
    wide = rows.pivot(index="Year", columns="State", values="PacksPerCapita")
    return wide[["California", *(c for c in wide.columns if c != "California")]]


def reference(wide: pd.DataFrame, before: int) -> dict[str, object]:
    treated, controls = wide.iloc[:, 0], wide.iloc[:, 1:]
    # pysyncon divides each period by its standard deviation; the variances undo that.
    synth = Synth()
    synth.fit(
        X0=controls.iloc[:before],
        X1=treated.iloc[:before],
        Z0=controls.iloc[:before],
        Z1=treated.iloc[:before],
        custom_V=wide.iloc[:before].var(axis=1, ddof=1).to_numpy(),
    )
    weights = np.asarray(synth.W)
    gap = treated.to_numpy() - controls.to_numpy() @ weights
    rows = wide.stack().rename("y").reset_index()
    rows.columns = ["time", "unit", "y"]
    rows["treated"] = (rows["unit"] == wide.columns[0]).astype(int)
    did = SyntheticDiD(variance_method="placebo", n_bootstrap=200, seed=1).fit(
        rows,
        outcome="y",
        treatment="treated",
        unit="unit",
        time="time",
        post_periods=list(wide.index[before:]),
    )
    return {
        "synthetic_control": {"effect": gap[before:].mean(), "weights": weights.tolist()},
        "synthetic_did": {
            "effect": did.att,
            "unit_weights": [float(did.unit_weights.get(c, 0.0)) for c in controls.columns],
            "period_weights": [float(did.time_weights.get(t, 0.0)) for t in wide.index[:before]],
        },
    }


if __name__ == "__main__":
    found = {
        "versions": {name: version(name) for name in ("pysyncon", "diff-diff")},
        "made_up": reference(made_up(), 30),
        "california": reference(california(), 19),
    }
    (HERE / "synthetic_control.json").write_text(json.dumps(found, indent=1))
