"""Make rate_grf.csv: the draws that grf was given (see rate_grf.R), by R's random numbers.

R's set.seed(20261010) with the Mersenne Twister, normal numbers by inversion and samples by
rejection (R 3.6 and later):

    n <- 240; x <- rnorm(n); score <- 1 + 1.5 * x + rnorm(n, sd = 2)
    priority <- x + rnorm(n, sd = 0.5); level <- its twelfths
    weight <- round(runif(n, 0.2, 3), 6)
    cluster <- sample(rep(1:48, c(rep(2, 20), rep(5, 16), rep(10, 12))))
    other_order <- sample(n)

    python tests/reference/rate_grf.py
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

SEED, N = 20261010, 240
LARGE = 134217728


def uniforms(seed: int) -> Iterator[float]:
    """R's unif_rand() after set.seed(seed)."""
    state = np.empty(625, dtype=np.uint32)
    for _ in range(50):
        seed = (69069 * seed + 1) % 2**32
    for i in range(625):
        seed = (69069 * seed + 1) % 2**32
        state[i] = seed
    generator = np.random.MT19937()
    generator.state = {"bit_generator": "MT19937", "state": {"key": state[1:], "pos": 624}}
    while True:
        number = int(generator.random_raw()) * 2.3283064365386963e-10
        yield min(max(number, 0.5 * 2.328306437080797e-10), 1 - 0.5 * 2.328306437080797e-10)


def normals(source: Iterator[float], n: int) -> np.ndarray:
    """R's rnorm(n) by inversion: 27 bits of one number and all of the next."""
    drawn = [(int(LARGE * next(source)) + next(source)) / LARGE for _ in range(n)]
    return ndtri(np.array(drawn))


def below(source: Iterator[float], n: int) -> int:
    """Whole number 0 … n − 1 by rejection."""
    bits = int(np.ceil(np.log2(n)))
    while True:
        value = 0
        for _ in range(0, bits + 1, 16):
            value = 65536 * value + int(np.floor(next(source) * 65536))
        value &= (1 << bits) - 1
        if value < n:
            return value


def shuffled(source: Iterator[float], values: np.ndarray) -> np.ndarray:
    """R's sample(values)."""
    left, picked = list(range(len(values))), []
    for size in range(len(values), 0, -1):
        j = below(source, size)
        picked.append(left[j])
        left[j] = left[size - 1]
    return values[picked]


def draws() -> pd.DataFrame:
    source = uniforms(SEED)
    x = normals(source, N)
    score = 1 + 1.5 * x + 2 * normals(source, N)
    priority = x + 0.5 * normals(source, N)
    edges = np.quantile(priority, np.arange(13) / 12)
    level = np.clip(np.searchsorted(edges, priority, side="left"), 1, 12)
    weight = np.round([0.2 + 2.8 * next(source) for _ in range(N)], 6)
    sizes = np.concatenate([np.repeat(2, 20), np.repeat(5, 16), np.repeat(10, 12)])
    cluster = shuffled(source, np.repeat(np.arange(1, 49), sizes))
    return pd.DataFrame(
        {
            "score": score,
            "priority": priority,
            "level": level,
            "weight": weight,
            "cluster": cluster,
            "cluster_weight": 1 / sizes[cluster - 1],
            "other_order": shuffled(source, np.arange(1, N + 1)),
        }
    )


if __name__ == "__main__":
    draws().to_csv(Path(__file__).with_suffix(".csv"), index=False)
