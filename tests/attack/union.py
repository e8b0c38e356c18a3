"""Everything published of a study at once: which counts hang together, and what follows from it.

An attacker who knows the tables knows which categories make up which total, which numbers are of
the same persons, and that an edition holds the persons of the one before. Here such relations are
looked for in the truth: one that holds in every row of two tables is used. That gives the attacker
at least what can be known.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from attackers import report, routes
from published import ADJUSTED, TO_TEN, Family
from scipy import sparse
from scipy.sparse import csgraph
from view import (
    CHANGED,
    EXACT,
    HIDDEN,
    KEPT,
    MANY,
    NEAR,
    ROUNDED,
    SILENT,
    equations,
    likelihood,
    view,
)

from naveval.disclosure.scan.tables import counts_persons
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits.protect import Drawn, Public
from naveval.project import catalogue

LARGEST = 1_000_000
FEWEST = 3
MOST_PARTS = 60
SMALL = 5
ADDED = ": added"
FULL_DIGITS = 4
PRINTED = ("printed", "published")
Told = tuple[float, float, int]
"""True count, shown count and number of a cell."""


@dataclass(frozen=True)
class Union:
    """All counts of a study, the differences an attacker wants, and the equations between them.

    Attributes
    ----------
    cells
        where, shown and true of each count; `shown` is missing for differences that are not
        published: complements, steps of cumulative counts, what an edition adds, what other
        counties than the two have. kept: whether an earlier edition tells the same number; least,
        most: what follows for what an edition adds.
    links
        (m, cells): a total less its parts is zero.
    """

    cells: pd.DataFrame
    links: sparse.csr_array


def union(later: Sequence[Sequence[Family]], earlier: Sequence[Sequence[Family]]) -> Union:
    """The union of several places' results (the country first) in two editions."""
    later, earlier = ([_different(place) for place in one] for one in (later, earlier))
    families = [one for place in (*later, *earlier) for one in place]
    sizes = np.cumsum([0, *(len(one.rows) for one in families)])
    cells = pd.concat(
        [one.rows[["shown", "true"]].assign(where=one.where) for one in families],
        ignore_index=True,
    )
    rows = [
        one.rows.reset_index(drop=True).assign(cell=np.arange(start, stop))
        for one, start, stop in zip(families, sizes[:-1], sizes[1:], strict=True)
    ]
    parts = [Family(f.where, f.keys, r) for f, r in zip(families, rows, strict=True)]
    counts = [len(place) for place in (*later, *earlier)]
    placed = [
        parts[start : start + n]
        for start, n in zip(np.cumsum([0, *counts[:-1]]), counts, strict=True)
    ]
    now, before = placed[: len(later)], placed[len(later) :]
    sums = [*alike(parts), *_totals(parts)]
    loose = [
        *_complements(parts),
        *_steps(parts),
        *_added(now, before),
        *_rest(now),
        *_rest(before),
    ]
    return parted(once(_joined(cells, sums, loose)))


def _different(place: Sequence[Family]) -> list[Family]:
    """Families without those that tell the same counts by the same keys."""
    found = {}
    for one in place:
        rows = one.rows.sort_values(list(one.keys))
        found.setdefault((one.keys, *map(tuple, rows.astype(str).to_numpy())), one)
    return list(found.values())


def _joined(
    cells: pd.DataFrame,
    sums: Sequence[tuple[int, list[int]]],
    loose: Sequence[tuple[int, list[int], str]],
) -> Union:
    true, shown = cells["true"].to_numpy(), cells["shown"].to_numpy()
    added, rows, kept = [], list(sums), np.zeros(len(cells), dtype=bool)
    left = [true[total] - true[parts].sum() for total, parts, _ in loose]
    # The same persons have one noise: what differs where nothing is left are no such sets.
    unlike = {
        where
        for rest, (total, parts, where) in zip(left, loose, strict=True)
        if rest == 0 and len(parts) == 1 and abs(shown[total] - shown[parts[0]]) > 0
    }
    for rest, (total, parts, where) in zip(left, loose, strict=True):
        if rest >= 0 and where not in unlike:
            rows.append((total, [*parts, len(cells) + len(added)]))
            told = {"least": 0.0, "most": np.inf}
            if where.endswith(ADDED):
                # A lower number of more persons is new because many came, not to be near again.
                more = shown[total] - shown[parts[0]]
                kept[total] |= more == 0
                told |= {"most": SMALL - 1} if more == 0 and rest < SMALL else {}
                told |= {"least": SMALL} if more < 0 and rest >= SMALL else {}
            added.append({"where": where, "shown": np.nan, "true": rest, "kept": False, **told})
    own = cells.assign(kept=kept, least=0.0, most=np.inf)
    every = pd.concat([own, pd.DataFrame(added)], ignore_index=True)
    return Union(every, equations(rows, len(every)))


def once(found: Union) -> Union:
    """Cells of the same persons as one, and every equation once.

    They have one noise: as many they would seem to tell the same number independently.
    """
    same = np.diff(found.links.indptr) == 2
    pairs = found.links[same]
    _, names = csgraph.connected_components(abs(pairs).T @ abs(pairs), directed=False)
    _, first = np.unique(names, return_index=True)
    one_of = sparse.csr_array((np.ones(len(names)), (np.arange(len(names)), names)))
    links = (found.links[~same] @ one_of).tocsr()
    links.eliminate_zeros()
    links.sort_indices()
    rows = {}
    for k, (start, stop) in enumerate(zip(links.indptr[:-1], links.indptr[1:], strict=True)):
        rows.setdefault((*links.indices[start:stop], *links.data[start:stop]), k)
    rows.pop((), None)
    cells, links = found.cells.iloc[first].reset_index(drop=True), links[list(rows.values())]
    groups = found.cells.groupby(names)
    cells[["kept", "least"]] = groups[["kept", "least"]].max().to_numpy()
    cells["most"] = groups["most"].min().to_numpy()
    twice = equations(list(_same_rest(links, cells["shown"].isna().to_numpy())), len(cells))
    if twice.shape[0] == 0:
        return Union(cells, links)
    return once(Union(cells, sparse.vstack([links, twice], format="csr")))


def _same_rest(links: sparse.csr_array, silent: np.ndarray) -> Iterator[tuple[int, list[int]]]:
    """Differences between the same published counts: the same persons under two names."""
    known: dict[tuple[float, ...], int] = {}
    for start, stop in zip(links.indptr[:-1], links.indptr[1:], strict=True):
        cells, signs = links.indices[start:stop], links.data[start:stop]
        rest = silent[cells] & (signs < 0)
        if rest.sum() == 1:
            (own,) = cells[rest]
            other = known.setdefault((*cells[~rest], *signs[~rest]), int(own))
            if other != own:
                yield other, [int(own)]


def parted(found: Union) -> Union:
    """The union with one more difference wherever all parts of a total but one are shown as 0.

    If the others are indeed nobody, the total and the one are the same persons.
    """
    shown, true = (found.cells[name].to_numpy() for name in ("shown", "true"))
    links, n = found.links, len(shown)
    kept, rows, rests = np.ones(links.shape[0], dtype=bool), [], []
    for k, (start, stop) in enumerate(zip(links.indptr[:-1], links.indptr[1:], strict=True)):
        cells, signs = links.indices[start:stop], links.data[start:stop]
        total, parts = cells[signs > 0], cells[signs < 0]
        few = parts[shown[parts] == 0]
        one = len(total) == 1 and (np.abs(signs) == 1).all()
        if one and len(parts) > 2 and len(few) == len(parts) - 1:
            rows += [(total[0], [*parts[shown[parts] != 0], n + len(rests)])]
            rows += [(n + len(rests), few)]
            own = {"where": "shown as 0", "shown": np.nan, "true": true[few].sum()}
            rests.append({**own, "kept": False, "least": 0.0, "most": np.inf})
            kept[k] = False
    cells = pd.concat([found.cells, pd.DataFrame(rests)], ignore_index=True)
    own = links[kept]
    own = sparse.csr_array((own.data, own.indices, own.indptr), shape=(own.shape[0], len(cells)))
    return once(Union(cells, sparse.vstack([own, equations(rows, len(cells))], format="csr")))


def alike(parts: Sequence[Family]) -> Iterator[tuple[int, list[int]]]:
    """Counts of two exhibits, or of lines in them, that are of the same persons, row for row."""
    sliced: dict[tuple[str, ...], list[dict[tuple[str, ...], Told]]] = {}
    for one in parts:
        for keys, rows in _slices(one):
            sliced.setdefault(tuple(sorted(keys)), []).append(_by_code(rows, sorted(keys)))
    for listed in sliced.values():
        # The last line that told the same of the same code: those alike come in a chain.
        last: dict[tuple[tuple[str, ...], float, float], dict[tuple[str, ...], Told]] = {}
        for rows in listed:
            told = {(code, *row[:2]): row[2] for code, row in rows.items() if row[0] > 0}
            for other in {id(last[one]): last[one] for one in told if one in last}.values():
                common = [code for code in rows if code in other]
                same = all(rows[code][:2] == other[code][:2] for code in common)
                if same and len({rows[code][0] for code in common}) >= FEWEST:
                    yield from ((rows[code][2], [other[code][2]]) for code in common)
            last |= dict.fromkeys(told, rows)


def _by_code(rows: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], Told]:
    codes = zip(*(rows[key] for key in keys), strict=True) if keys else [()] * len(rows)
    told = zip(rows["true"], rows["shown"], rows["cell"], strict=True)
    return dict(zip(codes, told, strict=True))


def _totals(parts: Sequence[Family]) -> Iterator[tuple[int, list[int]]]:
    """Counts that are the sum of others over all codes of a key."""
    sliced: dict[tuple[str, ...], list[dict[tuple[str, ...], Told]]] = {}
    for one in parts:
        for keys, rows in _slices(one):
            sliced.setdefault(tuple(sorted(keys)), []).append(_by_code(rows, sorted(keys)))
    for one in parts:
        for key in one.keys:
            rest = sorted(name for name in one.keys if name != key)
            for left_out in ("", *_wholes(one, key)):
                rows = one.rows[one.rows[key] != left_out]
                if rest and 1 < rows[key].nunique() <= MOST_PARTS:
                    yield from _with_total(rows, rest, sliced.get(tuple(rest), ()))


def _with_total(
    rows: pd.DataFrame, rest: list[str], sliced: Iterable[dict[tuple[str, ...], Told]]
) -> Iterator[tuple[int, list[int]]]:
    summed: dict[tuple[str, ...], list[Told]] = {}
    for codes, told in zip(
        zip(*(rows[key] for key in rest), strict=True),
        zip(rows["true"], rows["shown"], rows["cell"], strict=True),
        strict=True,
    ):
        summed.setdefault(codes, []).append(told)
    sums = {code: sum(one[0] for one in told) for code, told in summed.items() if len(told) > 1}
    for totals in sliced:
        found = []
        for code, total in sums.items():
            if code not in totals:
                continue
            if totals[code][0] != total:
                break
            cells = [one[2] for one in summed[code]]
            if totals[code][2] not in cells:
                found.append((totals[code][2], cells, total))
        else:
            most = max((total for _, _, total in found), default=0)
            if most >= 50 or (len(found) >= FEWEST and most > 0):
                yield from ((cell, cells) for cell, cells, _ in found)


def _slices(one: Family) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """A family, and for every key with few codes its rows of each code."""
    yield one.keys, one.rows
    for key in one.keys:
        if len(one.keys) > 1 and one.rows[key].nunique() <= MOST_PARTS:
            rest = tuple(name for name in one.keys if name != key)
            yield from ((rest, rows) for _, rows in one.rows.groupby(key))


def _wholes(one: Family, key: str) -> list[str]:
    """Codes of a key that hold everybody: their count is the largest in every group."""
    rest = [name for name in one.keys if name != key]
    top = one.rows.groupby(rest)["true"].transform("max") if rest else one.rows["true"].max()
    is_top = (one.rows["true"] == top).groupby(one.rows[key]).all()
    return [str(code) for code in is_top.index[is_top]]


def _complements(parts: Sequence[Family]) -> Iterator[tuple[int, list[int], str]]:
    """Those without what others in the row of the same exhibit have."""
    for whole in parts:
        for part in parts:
            same = whole.where.rpartition(".")[0] == part.where.rpartition(".")[0]
            if whole is part or not same or not set(whole.keys) <= set(part.keys):
                continue
            both = part.rows.merge(whole.rows, on=list(whole.keys), suffixes=("", "_whole"))
            if len(both) and (both["true"] <= both["true_whole"]).all():
                where = f"{part.where}: without"
                yield from (
                    (total, [cell], where)
                    for total, cell in zip(both["cell_whole"], both["cell"], strict=True)
                )


def _steps(parts: Sequence[Family]) -> Iterator[tuple[int, list[int], str]]:
    """Those who come from one point of a cumulative series to the next."""
    for one in parts:
        for key in one.keys:
            number = pd.to_numeric(one.rows[key], errors="coerce")
            rest = [name for name in one.keys if name != key]
            if number.isna().any() or number.nunique() <= FEWEST:
                continue
            rows = one.rows.assign(number=number).sort_values([*rest, "number"])
            within = rows.groupby(rest) if rest else rows.assign(all=0).groupby("all")
            steps = within["true"].diff()
            if (steps.dropna() >= 0).all() and (steps > 0).sum() >= FEWEST:
                before = within["cell"].shift()
                for total, part in zip(rows["cell"], before, strict=True):
                    if not np.isnan(part):
                        yield total, [int(part)], f"{one.where}: step"


def _added(
    now: Sequence[Sequence[Family]], before: Sequence[Sequence[Family]]
) -> Iterator[tuple[int, list[int], str]]:
    """Those whom the later edition has and the earlier one had not."""
    old = {one.where: one for place in before for one in place}
    for one in (family for place in now for family in place):
        if one.where in old and old[one.where].keys == one.keys:
            both = one.rows.merge(old[one.where].rows, on=list(one.keys), suffixes=("", "_old"))
            for total, part in zip(both["cell"], both["cell_old"], strict=True):
                yield total, [part], f"{one.where}{ADDED}"


def _rest(places: Sequence[Sequence[Family]]) -> Iterator[tuple[int, list[int], str]]:
    """Those of the country who live in none of the counties with a report of their own."""
    if len(places) < 2:
        return
    named = [{one.where.partition("/")[2]: one for one in place} for place in places]
    for name, whole in named[0].items():
        own = [place[name] for place in named[1:] if name in place]
        if len(own) == len(named) - 1 and all(one.keys == whole.keys for one in own):
            both = whole.rows
            for i, one in enumerate(own):
                both = both.merge(one.rows, on=list(whole.keys), suffixes=("", f"_{i}"))
            listed = both[[f"cell_{i}" for i in range(len(own))]].to_numpy().tolist()
            for total, parts in zip(both["cell"], listed, strict=True):
                yield total, parts, f"{whole.where}: elsewhere"


def attack(found: Union, *, protected: bool) -> pd.DataFrame:
    """What the attackers learn of counts of one to four, published or not."""
    true = found.cells["true"].to_numpy().astype(int)
    published = found.cells["shown"].notna().to_numpy()
    small = (true > 0) & (true < SMALL)
    if protected:
        shown = found.cells["shown"].fillna(0).to_numpy()
        kinds = np.where(published, CHANGED, SILENT)
        kinds[~published & (found.cells["most"] < SMALL)] = NEAR
        kinds[~published & (found.cells["least"] >= SMALL)] = MANY
        kinds[published & (found.cells["kept"] | ~_possible(shown, true))] = KEPT
        kinds[found.cells["where"].str.endswith(TO_TEN)] = ROUNDED
    else:
        shown = true
        kinds = np.where(published, np.where(small, HIDDEN, EXACT), SILENT)
        kinds[found.cells["where"].str.endswith(ADJUSTED)] = EXACT
    of = [np.bincount(np.minimum(true[own], 10), minlength=11) for own in (~published, published)]
    prior = np.array([one / max(1, one.sum()) + 1e-3 for one in of])[published.astype(int)]
    known = view(shown, kinds, found.links, LARGEST)
    chosen = np.flatnonzero(small)
    return report(known, true, prior, chosen).assign(
        published=published[chosen],
        where=found.cells["where"].to_numpy()[chosen],
        routes=routes(known, chosen),
    )


def _possible(shown: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Whether a number can come from what is true now: if not, it was kept from an edition before.

    The attacker is told so: what is known of such a number is less, and true.
    """
    found = []
    for told, n in zip(shown.astype(int), true, strict=True):
        start, chance = likelihood(told)
        found.append(0 <= n - start < len(chance) and chance[n - start] > 0)
    return np.array(found)


def unlike(editions: Sequence[Sequence[Sequence[Family]]]) -> int:
    """Counts of the same persons that two reports of one edition tell differently.

    The same row of an exhibit, and the same true number in every row of it.
    """
    wrong = 0
    for places in editions:
        for i, one in enumerate(places):
            for other in places[i + 1 :]:
                named = {family.where.partition("/")[2]: family for family in other}
                for family in one:
                    twin = named.get(family.where.partition("/")[2])
                    if twin is None or twin.keys != family.keys:
                        continue
                    both = family.rows.merge(twin.rows, on=list(family.keys), suffixes=("", "_2"))
                    both = both.dropna(subset=["shown", "shown_2"])
                    alike = both["true"] == both["true_2"]
                    if len(both) >= FEWEST and alike.all() and both["true"].nunique() > 2:
                        wrong += int((both["shown"] != both["shown_2"]).sum())
    return wrong


def exact(study: str, protected: Path, control: Path) -> pd.DataFrame:
    """Numbers of persons, or computed from them, that leave as they are without protection.

    Most protected numbers differ from the true ones, and all of a kind hardly ever agree in full
    digits. Numbers of persons and of periods that are told to ten are the same in both.

    Returns
    -------
    label, column, equal (share of different numbers alike), rows (how many there are).
    """
    report_ = catalogue.module(study, "report").REPORT
    found = []
    for exhibit in report_.exhibits:
        if isinstance(exhibit.protect, Public | Drawn):
            continue
        pair = [
            next(iter(one.glob(f"*/{exhibit.label}.csv")), None) for one in (protected, control)
        ]
        frames = [pd.read_csv(file, dtype=str, keep_default_na=False) for file in pair if file]
        if len(frames) < 2 or len(frames[0]) != len(frames[1]):
            continue
        apart = {*exhibit.keys, *exhibit.free, *PRINTED}
        for column in [name for name in frames[0] if name not in apart and name in frames[1]]:
            own, true = frames[0][column], frames[1][column]
            numbers = pd.to_numeric(own, errors="coerce")
            full = own.str.replace("[-.0]", "", regex=True).str.len() >= FULL_DIGITS
            if counts_persons(column, thresholds()):
                full |= numbers % thresholds().counts.persons_to > 0
            to_ten = column.startswith("n") & (numbers % thresholds().counts.persons_to == 0)
            pairs = pd.DataFrame({"own": own, "true": true})[full & numbers.notna() & ~to_ten]
            pairs = pairs.drop_duplicates()
            if len(pairs):
                equal = float((pairs["own"] == pairs["true"]).mean())
                found.append((exhibit.label, column, equal, len(pairs)))
    return pd.DataFrame(found, columns=["label", "column", "equal", "rows"])


def beyond(folder: Path) -> list[str]:
    """Numbers of the workbook and the JSON files that no CSV of the folder tells as finely.

    The manifest tells rows of registers, of which two editions tell how many came: to ten.
    """
    told, step = json.loads((folder / "manifest.json").read_text()), thresholds().counts.persons_to
    known = set()
    for file in [folder / "estimates.csv", *folder.glob("*/*.csv")]:
        for row in csv.reader(file.open(encoding="utf-8")):
            known |= {_number(cell) for cell in row}
    found = [f"manifest.json: {table}" for table, one in told["data"].items() if one["rows"] % step]
    for file in folder.glob("data/*.json"):
        found += [f"{file.name}: {n}" for n in _in_json(json.loads(file.read_text())) - known]
    for file in folder.glob("*.xlsx"):
        book = openpyxl.load_workbook(file, read_only=True)
        for sheet in book.worksheets[:-1]:  # the last is the dictionary, with numbers of rows
            cells = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
            numbers = {_number(cell) for cell in cells if isinstance(cell, int | float)}
            found += [f"{file.name}, {sheet.title}: {n}" for n in numbers - known]
    return found


def _number(cell: object) -> float | None:
    try:
        # A workbook keeps 15 digits: what lies between two numbers of twelve must go the same way.
        return float(f"{float(f'{float(str(cell)):.15g}'):.12g}")
    except ValueError:
        return None


def _in_json(node: object) -> set[float | None]:
    """The values of a JSON-stat dataset."""
    values = node.get("value", []) if isinstance(node, dict) else []
    listed = values.values() if isinstance(values, dict) else values
    return {_number(one) for one in listed if isinstance(one, int | float)}


def utility(protected: Path, control: Path, families: Sequence[Family]) -> pd.DataFrame:
    """How far protection moves shown numbers, in standard errors, and what is missing.

    A count's standard error is the square root of the count; other numbers have their own.

    Returns
    -------
    kind, numbers, median, largest (in standard errors), gaps (share missing now), before (share
    that rests on one to four persons and was hidden by suppression of small counts).
    """
    rows = pd.concat([one.rows for one in families], ignore_index=True)
    told = rows[rows["true"] > 0]
    moved = {"counts": (told["shown"] - told["true"]).abs() / np.sqrt(told["true"])}
    tables = [pd.read_csv(one / "estimates.csv", dtype=str) for one in (protected, control)]
    keys = list(tables[0].columns[: list(tables[0].columns).index("estimate")])
    both = tables[0].merge(tables[1], on=keys, suffixes=("", "_true"))
    numbers = both[[f"{n}{end}" for n in ("estimate", "std_error") for end in ("", "_true")]]
    numbers = numbers.apply(pd.to_numeric, errors="coerce")
    error = numbers["std_error_true"].where(numbers["std_error_true"] > 1e-9)
    moved["estimates"] = ((numbers["estimate"] - numbers["estimate_true"]).abs() / error).dropna()
    gaps = float(numbers["estimate"][numbers["estimate_true"].notna()].isna().mean())
    small = float(((rows["true"] > 0) & (rows["true"] < SMALL)).mean())
    return pd.DataFrame(
        [
            (kind, len(one), float(one.median()), float(one.max()), gap, before)
            for (kind, one), gap, before in zip(
                moved.items(), (0.0, gaps), (small, np.nan), strict=True
            )
        ],
        columns=["kind", "numbers", "median", "largest", "gaps", "before"],
    )
