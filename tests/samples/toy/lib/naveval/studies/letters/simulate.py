"""Simulated letters with a known effect."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.project import places

FULL_SIZE = 200_000
WITHOUT = 0.3


def simulate(target: Path, *, scale: float, seed: int, effect: float) -> None:
    """Write `letters.parquet` and the truth."""
    rng = np.random.default_rng(seed)
    size = int(FULL_SIZE * scale)
    letter = rng.random(size) < 0.5
    frame = pd.DataFrame(
        {
            "person": np.arange(size),
            "county": rng.choice(places.codes(places.CURRENT_YEAR), size),
            "letter": letter,
            "work": rng.random(size) < WITHOUT + effect * letter,
        }
    )
    frame.to_parquet(target / "letters.parquet", index=False)
    (target / "truth.json").write_text(json.dumps({"effect": effect}), encoding="utf-8")
