"""Benchmark of the cost-benefit part: draws per second against a plain month-by-month sum."""

import time
from dataclasses import dataclass

import numpy as np
from measuring import peak_mb

from naveval.estimators.cost_benefit.assumptions import Array, Assumptions, from_inputs
from naveval.estimators.cost_benefit.draws import draw
from naveval.estimators.cost_benefit.inputs import load
from naveval.estimators.cost_benefit.net_benefit import benefit_rate, net_benefit, total_cost

DRAWS = 10_000
PEER_DRAWS = 200


@dataclass(frozen=True)
class Measured:
    """Draws × programmes, seconds, peak memory of the process, and the plain sum's time."""

    rows: int
    seconds: float
    peak_mb: float
    peer_times_as_long: float
    largest_difference: float


def measure(draws: int = DRAWS, seed: int = 1) -> Measured:
    """Time draws and net benefit, and the plain sum on as many draws as it manages quickly.

    `peer_times_as_long` is the plain sum's time per draw divided by this one's.
    """
    costs = load()
    base = from_inputs(costs)
    start = time.perf_counter()
    drawn = draw(base, costs, draws=draws, seed=seed)
    net = net_benefit(drawn)
    seconds = time.perf_counter() - start
    few = draw(base, costs, draws=min(draws, PEER_DRAWS), seed=seed)
    start = time.perf_counter()
    plain = plain_net_benefit(few)
    peer = time.perf_counter() - start
    gap = float(np.abs(plain - net_benefit(few)).max())
    return Measured(
        rows=net.size,
        seconds=seconds,
        peak_mb=peak_mb(),
        peer_times_as_long=(peer / len(plain)) / (seconds / draws),
        largest_difference=gap,
    )


def plain_net_benefit(a: Assumptions) -> Array:
    """Net benefit with the present value summed month by month, draw by draw."""
    draws, programs = net_benefit(a).shape
    effects = [a.effect_year_1, a.effect_year_2, a.effect_year_3, a.effect_later]
    value = np.zeros((draws, programs))
    for row in range(draws):
        factor = float(
            ((1 + _at(a.wage_growth, row, 0)) / (1 + _at(a.discount_rate, row, 0))) ** (1 / 12)
        )
        for column in range(programs):
            last = _at(a.effect_months, row, column)
            for month in range(int(np.ceil(last))):
                # A month that the effect fills only in part counts as the closed form does.
                part = min(1.0, last - month)
                weight = factor**month * (1 - factor**part) / (1 - factor)
                value[row, column] += weight * _at(effects[min(month // 12, 3)], row, column)
    return benefit_rate(a) * value - total_cost(a)


def _at(values: Array, row: int, column: int) -> float:
    return float(values[min(row, values.shape[0] - 1), min(column, values.shape[1] - 1)])


def main(scale: float = 1.0) -> None:
    """Print the benchmark of 10 000 draws times `scale`."""
    found = measure(draws=max(int(DRAWS * scale), 100))
    print(
        f"costs: {found.rows} net benefits (draws x programmes) in {found.seconds:.3f} s, "
        f"peak memory {found.peak_mb:.0f} MB, a plain monthly sum takes "
        f"{found.peer_times_as_long:.0f} times as long per draw (timed on {PEER_DRAWS} draws), "
        f"largest difference {found.largest_difference:.1e} NOK"
    )
