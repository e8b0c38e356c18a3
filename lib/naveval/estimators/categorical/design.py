"""Models on categorical characteristics at register scale: design, codes, cross-products.

Every characteristic enters as dummies, so a row is a handful of small integers and never a
dense row of zeros and ones. Several characteristics are packed into one joint code (children
× seven yes/no marks = 640 codes); a cross-product is then one joint count per pair of packs,
which costs nanoseconds per row, and is reduced to the model's columns afterwards.

Shapes: n rows, J variables, Q packs, P = total packed codes, K = columns of the model
(constant plus non-reference levels).

Source: indicator document, chapter 4 (dummies, OLS, probit); Newton with a reused Hessian:
Dennis and Schnabel (1996), chapter 5.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from naveval.estimators.categorical import Variable, column_names
from naveval.project.errors import EstimationError
from naveval.project.given import codes

Codes = Sequence[NDArray[np.int16]]
Rows = tuple[Codes, NDArray[np.floating]]
MAX_PACK = 640
FEW_ROWS = 20_000
MAX_LATENT = 35.0
COMBINED = "combination of other columns"
MAX_COEFFICIENT = 12.0
SUBSAMPLE_ROWS = 60_000
INVERSE_ROOT_2PI = 1 / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Design:
    """The columns of a model and how characteristics are packed.

    Attributes
    ----------
    variables
        J characteristics, in the order of the code columns.
    packs
        Which variables share a joint code; each variable is in exactly one pack.
    names
        K column names: "constant", then "variable=level" for non-reference levels.
    expand
        (P, K) sparse zeros and ones: what a packed code means in columns of the model.
    offsets
        Start of each pack in the packed axis, and P at the end.
    """

    variables: tuple[Variable, ...]
    packs: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    expand: sparse.csr_array
    offsets: tuple[int, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(np.diff(self.offsets))


@dataclass(frozen=True)
class Fit:
    """An estimated model.

    Attributes
    ----------
    coefficients
        (K,) with 0 for columns in `dropped` (no rows, or a combination of other columns).
    bread
        (K, K) inverse of the information, zeros for dropped columns.
    covariance
        (K, K) classical covariance of the coefficients.
    r2
        R² (OLS) or McFadden's pseudo-R² (probit); missing for an outcome that does not vary.
    dropped
        Names of columns without a coefficient of their own, with the reason.
    perfect
        "variable=level" to the outcome (0 or 1) that all its rows have.
    deciding
        (K,) combination of columns that decides outcomes, which are 1 where its index is above
        zero and 0 where it is below; None for none.
    """

    kind: str
    design: Design = field(repr=False)
    coefficients: NDArray[np.float64]
    bread: NDArray[np.float64] = field(repr=False)
    covariance: NDArray[np.float64] = field(repr=False)
    n: int
    sigma2: float
    r2: float
    dropped: dict[str, str]
    perfect: dict[str, int]
    iterations: int = 0
    deciding: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def std_errors(self) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))


def make_design(variables: Sequence[Variable], max_pack: int = MAX_PACK) -> Design:
    """Choose packs (first fit, largest variable first) and lay out the columns.

    Raises
    ------
    EstimationError
        For a variable with fewer than two levels or a reference outside its levels.
    """
    given = [variable.name for variable in variables]
    if not given or len(set(given)) < len(given):
        raise EstimationError(f"design: variables {given}: expected names, each once")
    for variable in variables:
        if len(set(variable.levels)) < len(variable.levels):
            raise EstimationError(
                f"variable {variable.name}: levels {variable.levels}: expected each once"
            )
        if len(variable.levels) < 2 or not 0 <= variable.reference < len(variable.levels):
            raise EstimationError(
                f"variable {variable.name}: needs two or more levels and a reference among them"
            )
    packs = _first_fit([len(variable.levels) for variable in variables], max_pack)
    sizes = [int(np.prod([len(variables[j].levels) for j in pack])) for pack in packs]
    offsets = (0, *np.cumsum(sizes).tolist())
    names = column_names(variables)
    first, column = [], 1
    for variable in variables:
        first.append(column)
        column += len(variable.levels) - 1
    expand = np.zeros((offsets[-1], len(names)))
    expand[: sizes[0], 0] = 1
    for pack, start, size in zip(packs, offsets, sizes, strict=False):
        for j, level in zip(pack, _unpacked(variables, pack, size), strict=True):
            reference = variables[j].reference
            place = first[j] + level - (level > reference)
            own = level != reference
            expand[start + np.flatnonzero(own), place[own]] = 1
    return Design(tuple(variables), packs, names, sparse.csr_array(expand), offsets)


def _first_fit(levels: Sequence[int], max_pack: int) -> tuple[tuple[int, ...], ...]:
    packs: list[list[int]] = []
    room: list[int] = []
    for j in sorted(range(len(levels)), key=lambda j: -levels[j]):
        for k, size in enumerate(room):
            if size * levels[j] <= max_pack:
                packs[k].append(j)
                room[k] *= levels[j]
                break
        else:
            packs.append([j])
            room.append(levels[j])
    return tuple(tuple(pack) for pack in packs)


def _unpacked(
    variables: Sequence[Variable], pack: tuple[int, ...], size: int
) -> list[NDArray[np.int64]]:
    """The level of each variable of a pack for every joint code."""
    shape = [len(variables[j].levels) for j in pack]
    return [np.asarray(level) for level in np.unravel_index(np.arange(size), shape)]


def pack_codes(design: Design, columns: Sequence[NDArray]) -> list[NDArray[np.int16]]:
    """Joint codes per pack from one code column per variable.

    Raises
    ------
    EstimationError
        When a code is missing, no whole number or outside a variable's levels: names the variable
        and the first rows.
    """
    if len(columns) != len(design.variables):
        raise EstimationError(f"design: {len(columns)} columns; expected {len(design.variables)}")
    found: list[NDArray] = []
    for variable, column in zip(design.variables, columns, strict=True):
        n = len(found[0]) if found else None
        found.append(codes("design", f"variable {variable.name}", column, len(variable.levels), n))
    return [pack_one(design, q, found) for q in range(len(design.packs))]


def pack_one(design: Design, q: int, columns: Sequence[NDArray]) -> NDArray[np.int16]:
    """Joint code of pack q; columns of variables outside the pack are not read."""
    joint = columns[design.packs[q][0]].astype(np.int16)
    for j in design.packs[q][1:]:
        joint = joint * np.int16(len(design.variables[j].levels)) + columns[j].astype(np.int16)
    return joint


def linear(design: Design, coefficients: NDArray, codes: Codes) -> NDArray[np.float64]:
    """Linear index of each row: constant plus the coefficients of its levels."""
    table = design.expand @ coefficients
    return tabulated(design, table, codes)


def tabulated(design: Design, table: NDArray, codes: Codes) -> NDArray[np.float64]:
    """Sum over packs of `table` (P,) at each row's codes."""
    total = table[: design.offsets[1]].take(codes[0])
    for q in range(1, len(codes)):
        total += table[design.offsets[q] : design.offsets[q + 1]].take(codes[q])
    return total


def moments(design: Design, codes: Codes, values: NDArray | None = None) -> NDArray[np.float64]:
    """X'v in packed form, (P,): sums of `values` (or counts) per packed code."""
    return np.concatenate(
        [
            np.bincount(code, weights=values, minlength=size).astype(float)
            for code, size in zip(codes, design.sizes, strict=True)
        ]
    )


def grouped_moments(
    design: Design, codes: Codes, groups: NDArray, n_groups: int, values: NDArray | None = None
) -> NDArray[np.float64]:
    """X'v per group, (n_groups, P): one row of `moments` for each group code."""
    parts = []
    wide = groups.astype(np.int64)
    for code, size in zip(codes, design.sizes, strict=True):
        joint = wide * size + code
        sums = np.bincount(joint, weights=values, minlength=n_groups * size)
        parts.append(sums.reshape(n_groups, size).astype(float))
    return np.concatenate(parts, axis=1)


def gram(design: Design, codes: Codes, weights: NDArray | None = None) -> NDArray[np.float64]:
    """X'WX in the model's columns, (K, K).

    By joint counts of every pair of packs, each reduced at once so that the packed square
    (P, P) is never held; row by row when rows are few.
    """
    if len(codes[0]) < FEW_ROWS:
        return _gram_of_rows(design, codes, weights)
    sizes = design.sizes
    own = [design.expand[a:b] for a, b in itertools.pairwise(design.offsets)]
    total = np.zeros((len(design.names), len(design.names)))
    for a, code in enumerate(codes):
        wide = code.astype(np.int64)
        count = np.bincount(wide, weights=weights, minlength=sizes[a]).astype(float)
        total += (own[a].T @ (own[a] * count[:, None])).toarray()
        for b in range(a):
            joint = wide * sizes[b]
            joint += codes[b]
            count = np.bincount(joint, weights=weights, minlength=sizes[a] * sizes[b])
            half = own[a].T @ count.reshape(sizes[a], sizes[b])
            block = own[b].T @ half.T
            total += block
            total += block.T
    return total


def _gram_of_rows(design: Design, codes: Codes, weights: NDArray | None) -> NDArray[np.float64]:
    x = design.expand[codes[0].astype(np.int64)]
    for q in range(1, len(codes)):
        x = x + design.expand[design.offsets[q] + codes[q].astype(np.int64)]
    scaled = x if weights is None else x.multiply(weights[:, None]).tocsr()
    return np.asarray((x.T @ scaled).todense(), dtype=np.float64)


def independent(gram: NDArray, names: Sequence[str]) -> tuple[NDArray[np.bool_], dict[str, str]]:
    """Which columns have rows and are no combination of earlier ones.

    Returns
    -------
    keep (K,), and the dropped columns by name with the reason ("no rows", "combination of
    other columns").
    """
    size = np.diag(gram)
    keep = size > 0
    dropped = {names[int(k)]: "no rows" for k in np.flatnonzero(~keep)}
    scale = 1 / np.sqrt(np.where(keep, size, 1))
    order = np.flatnonzero(keep)
    scaled = gram[np.ix_(order, order)] * np.outer(scale[order], scale[order])
    try:
        factor = linalg.cholesky(scaled, lower=True)
        small = np.diag(factor) < 1e-5
    except linalg.LinAlgError:
        small = np.zeros(len(order), dtype=bool)
        small[_dependent(scaled)] = True
    for k in order[small]:
        keep[k] = False
        dropped[names[int(k)]] = COMBINED
    return keep, dropped


def _dependent(gram: NDArray) -> list[int]:
    """Columns that sweeping out the earlier ones leaves empty."""
    work, lost = gram.copy(), []
    for k in range(len(work)):
        pivot = work[k, k]
        if pivot < 1e-9:
            lost.append(k)
            continue
        work[k + 1 :, k + 1 :] -= np.outer(work[k + 1 :, k], work[k, k + 1 :]) / pivot
    return lost


def inverse(gram: NDArray, keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Inverse on the kept columns, zeros elsewhere."""
    full = np.zeros_like(gram)
    kept = np.ix_(keep, keep)
    scale = 1 / np.sqrt(np.diag(gram)[keep])
    scaled = gram[kept] * np.outer(scale, scale)
    full[kept] = linalg.inv(scaled) * np.outer(scale, scale)
    return full
