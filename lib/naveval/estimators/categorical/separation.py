"""Which combination of characteristics decides a yes/no outcome, so that probit has no maximum.

Separation (Albert and Anderson 1984): some index x'b is never negative where the outcome is 1,
never positive where it is 0, and not zero everywhere. The likelihood then grows without end in
that direction. A linear programme over the distinct profiles finds the rows that can be
separated (Konis 2007), a second one the fewest and smallest coefficients that do it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from naveval.estimators.categorical.design import Design, Rows

SMALL = 1e-6


@dataclass(frozen=True)
class Separation:
    """Rows whose outcome a combination of columns decides.

    Attributes
    ----------
    coefficients
        (K,) of the combination; its index is zero for all rows that it does not decide.
    columns
        Names of the columns in the combination, the constant left out.
    rows
        Number of rows that it decides.
    outcomes
        The outcomes these rows have: {0}, {1} or both.
    """

    coefficients: NDArray[np.float64]
    columns: tuple[str, ...]
    rows: int
    outcomes: frozenset[int]


def separation(design: Design, parts: Iterable[Rows]) -> Separation | None:
    """The combination that decides most rows; None when the outcomes overlap everywhere.

    Parameters
    ----------
    parts
        (codes, outcome 0/1) of each part.
    """
    x, sign, count = _profiles(design, parts)
    pure = np.flatnonzero(sign != 0)
    if not pure.size:
        return None
    signed = sparse.csr_array(sign[pure, None] * x[pure])
    mixed = sparse.csr_array(x[sign == 0])
    decided = _decided(signed, mixed)
    if not decided.any():
        return None
    coefficients = _smallest(signed, mixed, decided)
    names = [design.names[k] for k in np.flatnonzero(np.abs(coefficients) > SMALL) if k > 0]
    own = pure[decided]
    return Separation(
        np.where(np.abs(coefficients) > SMALL, coefficients, 0.0),
        tuple(names),
        int(count[own].sum()),
        frozenset(int(value > 0) for value in sign[own]),
    )


def _profiles(
    design: Design, parts: Iterable[Rows]
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.int64]]:
    """Distinct rows of the model (m, K), with 1, −1 or 0 (both outcomes) and their number."""
    seen = []
    for codes, outcome in parts:
        key = np.column_stack([np.asarray(code, dtype=np.int64) for code in codes])
        unique, member = np.unique(key, axis=0, return_inverse=True)
        ones = np.bincount(member, np.asarray(outcome, dtype=float), minlength=len(unique))
        seen.append((unique, ones, np.bincount(member, minlength=len(unique))))
    key, member = np.unique(np.vstack([part[0] for part in seen]), axis=0, return_inverse=True)
    ones = np.bincount(member, np.concatenate([part[1] for part in seen]))
    count = np.bincount(member, np.concatenate([part[2] for part in seen])).astype(np.int64)
    x = design.expand[key[:, 0]]
    for q in range(1, key.shape[1]):
        x = x + design.expand[design.offsets[q] + key[:, q]]
    sign = np.where(ones == count, 1.0, np.where(ones == 0, -1.0, 0.0))
    return sparse.csr_array(x), sign, count


def _decided(signed: sparse.csr_array, mixed: sparse.csr_array) -> NDArray[np.bool_]:
    """Which pure profiles can lie strictly on their side while none lies on the wrong one.

    Maximise Σs with 0 ≤ s ≤ 1 and s ≤ signed·b, where b is free.
    """
    m, k = signed.shape
    found = linprog(
        np.concatenate([np.zeros(k), -np.ones(m)]),
        A_ub=sparse.hstack([-signed, sparse.eye_array(m)]),
        b_ub=np.zeros(m),
        A_eq=sparse.hstack([mixed, sparse.csr_array((mixed.shape[0], m))]),
        b_eq=np.zeros(mixed.shape[0]),
        bounds=[(None, None)] * k + [(0, 1)] * m,
        method="highs",
    )
    return np.asarray(found.x[k:] > 0.5)


def _smallest(
    signed: sparse.csr_array, mixed: sparse.csr_array, decided: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Coefficients with the smallest sum of sizes that decide these profiles."""
    k = signed.shape[1]
    found = linprog(
        np.ones(2 * k),
        A_ub=sparse.hstack([-signed, signed]),
        b_ub=-decided.astype(float),
        A_eq=sparse.hstack([mixed, -mixed]),
        b_eq=np.zeros(mixed.shape[0]),
        bounds=(0, None),
        method="highs",
    )
    return np.asarray(found.x[:k] - found.x[k:])
