"""Disclosure control: rules, secondary suppression against an attacker, consistency, the gate."""

import time

import numpy as np
import pandas as pd
import pytest
from recovery import recoverable
from scipy.optimize import linprog

from naveval.disclosure import gate, thresholds
from naveval.disclosure.gate import Released, model, public, release, require_released, subset
from naveval.project.errors import DisclosureError, ParameterError


def two_way(counts: np.ndarray) -> pd.DataFrame:
    """A table with margins in long form."""
    full = np.block([[counts, counts.sum(1, keepdims=True)], [counts.sum(0), counts.sum()]])
    rows = [str(i) for i in range(counts.shape[0])] + ["all"]
    columns = [str(j) for j in range(counts.shape[1])] + ["all"]
    return pd.DataFrame(
        [(r, c, int(full[i, j])) for i, r in enumerate(rows) for j, c in enumerate(columns)],
        columns=["row", "col", "n"],
    )


TWO_WAY = {"keys": ["row", "col"], "totals": {"row": "all", "col": "all"}, "count": "n"}


def attack(frame: pd.DataFrame, suppressed: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Ranges of the suppressed cells of a two-way table, by plain linear programming."""
    n_rows, n_columns = shape[0] + 1, shape[1] + 1
    values = frame["n"].to_numpy(float).reshape(n_rows, n_columns)
    hidden = suppressed.reshape(n_rows, n_columns)
    equations = []
    for i in range(n_rows):
        line = np.zeros((n_rows, n_columns))
        line[i, :-1], line[i, -1] = 1, -1
        equations.append(line.ravel())
    for j in range(n_columns):
        line = np.zeros((n_rows, n_columns))
        line[:-1, j], line[-1, j] = 1, -1
        equations.append(line.ravel())
    bounds = [
        (0, None) if hide else (value, value)
        for value, hide in zip(values.ravel(), hidden.ravel(), strict=True)
    ]
    found = []
    for cell in np.flatnonzero(hidden.ravel()):
        direction = np.eye(values.size)[cell]
        edges = []
        for sign in (1, -1):
            result = linprog(
                sign * direction,
                A_eq=np.array(equations),
                b_eq=np.zeros(len(equations)),
                bounds=bounds,
            )
            edges.append(sign * result.fun if result.status == 0 else -sign * np.inf)
        found.append(edges)
    return np.array(found).reshape(-1, 2)


@pytest.mark.parametrize("seed", range(40))
def test_no_suppressed_cell_of_a_two_way_table_can_be_recovered(seed):
    generator = np.random.default_rng(seed)
    shape = tuple(generator.integers(2, 7, size=2))
    counts = generator.negative_binomial(0.7, 0.02, size=shape)
    counts[generator.random(shape) < 0.2] = generator.integers(0, 5)
    frame = two_way(counts)
    found = release(frame, label="tbl-1", **TWO_WAY)
    hidden = found.suppressed["n"].to_numpy()
    assert hidden[frame["n"] < 5].all()
    edges = attack(frame, hidden, shape)
    assert (edges[:, 1] - edges[:, 0] > 0.99).all()
    small = frame["n"].to_numpy()[hidden] < 5
    assert (edges[small, 1] - edges[small, 0] >= 5 - 1e-6).all()
    assert recoverable(found, ["n"]).empty


def informed_solutions(frame: pd.DataFrame, found: Released) -> np.ndarray:
    """All 2 × 2 tables that agree with what is published and with the log, by enumeration."""
    rules = found.log[found.log["column"] == "n"].set_index("row")["rule"]
    names = [f"row={r}, col={c}" for r, c in zip(frame["row"], frame["col"], strict=True)]
    inner = np.stack(np.meshgrid(*[np.arange(30)] * 4, indexing="ij"), axis=-1).reshape(-1, 2, 2)
    right = np.concatenate([inner, inner.sum(2, keepdims=True)], axis=2)
    tables = np.concatenate([right, right.sum(1, keepdims=True)], axis=1).reshape(-1, 9)
    fits = np.ones(len(tables), dtype=bool)
    for i, name in enumerate(names):
        rule, value = rules.get(name), tables[:, i]
        shown = value == frame["n"][i]
        fits &= shown if rule is None else value < 5 if rule == "min_cell" else value >= 5
    return tables[fits]


@pytest.mark.parametrize("seed", range(12))
def test_the_log_gives_nothing_away(seed):
    """An attacker who also reads the log cannot pin a cell of fewer than five persons."""
    counts = np.random.default_rng(100 + seed).integers(0, 13, size=(2, 2))
    frame = two_way(counts)
    found = release(frame, label="t", **TWO_WAY)
    solutions = informed_solutions(frame, found)
    for cell in np.flatnonzero(found.suppressed["n"].to_numpy()):
        assert len(np.unique(solutions[:, cell])) > 1


def test_zero_and_five_in_a_row_of_two():
    """Hiding only zero and five, five as secondary, the log would reveal both: 30 goes."""
    frame = pd.DataFrame({"g": ["a", "b", "c", "all"], "n": [0, 5, 30, 35]})
    found = release(frame, label="t", count="n", keys=["g"], totals={"g": "all"})
    assert found.suppressed["n"].tolist() == [True, False, True, False]


def test_secondary_suppression_is_logged_with_its_reason():
    frame = pd.DataFrame({"county": ["03", "11", "15", ""], "n": [3, 90, 40, 133], "mean": 1.5})
    found = release(frame, label="tbl-2", count="n", keys=["county"], totals={"county": ""})
    assert found.suppressed["n"].tolist() == [True, False, True, False]
    assert found.suppressed["mean"].tolist() == [True, False, True, False]
    assert found.frame["mean"].isna().tolist() == [True, False, True, False]
    lines = found.log[found.log["column"] == "mean"][["row", "rule"]].values.tolist()
    assert lines == [["county=03", "min_cell"], ["county=15", "secondary"]]
    assert list(found.log.columns) == gate.LOG_COLUMNS
    assert not found.log["reason"].str.contains(r"\b3\b|\b90\b").any()


def test_large_cells_are_left_alone():
    frame = two_way(np.full((4, 5), 50))
    found = release(frame, label="t", **TWO_WAY)
    assert not found.suppressed.any().any()
    pd.testing.assert_frame_equal(found.frame, frame)


def test_hierarchy_of_totals_national_region_county():
    frame = pd.DataFrame(
        {"place": ["a1", "a2", "b1", "b2", "A", "B", "all"], "n": [2, 50, 60, 70, 52, 130, 182]}
    )
    totals = {"place": {"A": ["a1", "a2"], "B": ["b1", "b2"], "all": ["A", "B"]}}
    found = release(frame, label="t", count="n", keys=["place"], totals=totals)
    hidden = dict(zip(frame["place"], found.suppressed["n"], strict=True))
    assert hidden["a1"]
    assert hidden["a2"] or hidden["A"]
    assert recoverable(found, ["n"], within=5).empty


def test_columns_that_add_up():
    frame = pd.DataFrame({"g": ["x", "y"], "n": [40, 50], "work": [37, 30], "other": [3, 20]})
    count = {"n": "n", "work": "work", "other": "other"}
    found = release(frame, label="t", count=count, keys=["g"], additive={"n": ["work", "other"]})
    assert found.suppressed["other"].tolist() == [True, False]
    assert found.suppressed["work"].tolist() == [True, False]
    assert recoverable(found, ["n", "work", "other"]).empty


def test_cumulative_counts_protect_the_steps():
    frame = pd.DataFrame({"month": range(6), "n": [10, 30, 32, 60, 90, 120]})
    found = release(frame, label="t", count="n", keys=["month"], cumulative="month")
    assert found.suppressed["n"].any()
    shown = frame["n"].where(~found.suppressed["n"])
    visible = shown.dropna().diff().dropna()
    assert (visible >= 5).all()
    with pytest.raises(DisclosureError, match="falls along month"):
        release(frame[::-1], label="t", count="n", keys=["month"], cumulative="month")


def test_shares_need_persons_on_both_sides():
    frame = pd.DataFrame(
        {"g": list("abcd"), "n": [100, 100, 100, 100], "work": [0.5, 0.97, 0.03, 1.0]}
    )
    found = release(frame, label="t", count="n", keys=["g"], shares={"work": "n"})
    assert found.suppressed["work"].tolist() == [False, True, True, True]
    assert not found.suppressed["n"].any()
    percent = frame.assign(work=frame["work"] * 100)
    again = release(percent, label="t", count="n", keys=["g"], percent={"work": "n"})
    assert again.suppressed["work"].tolist() == [False, True, True, True]
    with pytest.raises(DisclosureError, match="between 0 and 1"):
        release(percent, label="t", count="n", keys=["g"], shares={"work": "n"})


def test_share_cannot_be_recovered_from_the_share_of_all():
    frame = pd.DataFrame({"g": ["a", "b", "c", "all"], "n": [100, 100, 100, 300]})
    frame["work"] = [0.02, 0.5, 0.6, 1.12 / 3]
    found = release(
        frame, label="t", count="n", keys=["g"], totals={"g": "all"}, shares={"work": "n"}
    )
    assert found.suppressed["work"].sum() == 2
    assert found.suppressed["work"][0]


def test_money_dominated_by_one_person():
    frame = pd.DataFrame(
        {
            "g": list("abc"),
            "n": [50, 50, 50],
            "kroner": [1000.0, 1000.0, 1000.0],
            "first": [900.0, 500.0, 100.0],
            "second": [10.0, 480.0, 90.0],
        }
    )
    found = release(frame, label="t", count="n", keys=["g"], sums={"kroner": ["first", "second"]})
    assert found.suppressed["kroner"].tolist() == [True, True, False]
    assert list(found.frame.columns) == ["g", "n", "kroner"]
    assert set(found.log["rule"]) == {"release", "dominance"}


def test_quantiles_need_persons_beyond_them():
    frame = pd.DataFrame({"g": list("ab"), "n": [49, 50], "p10": [1.0, 2.0]})
    found = release(frame, label="t", count="n", keys=["g"], quantiles={"p10": 0.1})
    assert found.suppressed["p10"].tolist() == [True, False]
    with pytest.raises(DisclosureError, match="somebody's own value"):
        release(frame, label="t", count="n", keys=["g"], quantiles={"p10": 0})


def test_differences_rest_on_both_groups():
    frame = pd.DataFrame({"m": [1, 2], "n_a": [50, 50], "n_b": [60, 4], "gap": [0.1, 0.2]})
    count = {"gap": ("n_a", "n_b")}
    found = release(frame, label="t", count=count, keys=["m"])
    assert found.suppressed["gap"].tolist() == [False, True]
    assert found.suppressed["n_a"].tolist() == [False, False]


GOOD = pd.DataFrame({"county": ["03", "11"], "n": [50, 60], "mean": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (GOOD.assign(age=30.0), {"values": ["mean"]}, "age are not declared"),
        (GOOD.assign(person=1), {}, "identify persons"),
        (GOOD.assign(max_wage=1.0), {}, "largest observation"),
        (GOOD.assign(n=[1.5, 2]), {}, "whole, non-negative"),
        (GOOD.assign(n=[-1, 2]), {}, "whole, non-negative"),
        (GOOD.assign(county="03"), {}, "rows share a key"),
        (GOOD, {"count": "antall"}, "no such columns: antall"),
        (GOOD, {"keys": ["place"]}, "unknown key columns place"),
        (GOOD, {"totals": {"month": "all"}}, "unknown key columns month"),
        (GOOD, {"additive": {"n": ["mean"]}}, "not a count column"),
        (GOOD.assign(county=["03", ""]), {"totals": {"county": ""}}, "not the sum of its parts"),
    ],
)
def test_faults_of_the_caller_are_refused(frame, options, message):
    given = {"label": "tbl-9", "count": "n", "keys": ["county"], **options}
    with pytest.raises(DisclosureError, match=f"tbl-9: .*{message}"):
        release(frame, **given)


def test_unknown_counts_are_suppressed():
    frame = GOOD.assign(n=[50, np.nan])
    assert release(frame, label="t", count="n", keys=["county"]).suppressed["mean"].tolist() == [
        False,
        True,
    ]


def test_model_output_needs_persons_and_degrees_of_freedom():
    frame = pd.DataFrame(
        {"term": ["a", "b", "c"], "estimate": [1.0, 2.0, 3.0], "n": [50, 4, 50], "df": [40, 40, 9]}
    )
    found = model(frame, label="t", n="n", residual_df="df", keys=["term"])
    assert found.suppressed["estimate"].tolist() == [False, True, True]
    assert set(found.log["rule"]) == {"release", "min_cell", "residual_df"}
    assert (
        model(frame[["term", "estimate"]], label="t", n=4, residual_df=99)
        .frame["estimate"]
        .isna()
        .all()
    )


def test_linked_release_hides_the_same_cells():
    national = pd.DataFrame({"county": ["03", "11", "15", ""], "n": [3, 90, 40, 133]})
    pattern = release(national, label="a", count="n", keys=["county"], totals={"county": ""})
    detail = pd.DataFrame({"county": ["15"], "n": [40], "mean": [2.5]})
    found = release(detail, label="b", count="n", keys=["county"], linked=pattern)
    assert found.suppressed["mean"].tolist() == [True]
    assert "linked" in set(found.log["rule"])
    part = subset(pattern, national["county"] == "15", label="c")
    assert part.suppressed["n"].tolist() == [True]
    assert part.log["label"].unique().tolist() == ["c"]
    assert "county=03" not in set(part.log["row"])


def test_monthly_publication_is_consistent(tmp_path):
    first = pd.DataFrame({"g": ["a", "b", "c"], "n": [3, 60, 70]})
    before = release(first, label="t", count="n", keys=["g"])
    shown = before.frame.astype(object).where(~before.suppressed, ":")
    shown.to_csv(tmp_path / "t.csv", index=False)
    after = pd.DataFrame({"g": ["a", "b", "c"], "n": [8, 62, 90]})
    found = release(after, label="t", count="n", keys=["g"], previous=tmp_path / "t.csv")
    rules = found.log[found.log["column"] == "n"].set_index("row")["rule"].to_dict()
    assert rules == {"g=a": "previous", "g=b": "revision"}
    nothing = release(after, label="t", count="n", keys=["g"], previous=tmp_path / "no.csv")
    assert not nothing.suppressed.any().any()


def test_suppression_is_deterministic():
    counts = np.random.default_rng(5).integers(0, 40, size=(8, 9))
    one, two = (release(two_way(counts), label="t", **TWO_WAY) for _ in range(2))
    pd.testing.assert_frame_equal(one.suppressed, two.suppressed)


def test_a_large_table_is_fast():
    generator = np.random.default_rng(1)
    counts = generator.negative_binomial(0.9, 0.01, size=(15, 79))
    frame = two_way(counts)
    start = time.perf_counter()
    found = release(frame, label="t", **TWO_WAY)
    assert time.perf_counter() - start < 20
    assert found.suppressed["n"].mean() < 0.4


def test_gate_accepts_only_released_data():
    with pytest.raises(DisclosureError, match=r"passed disclosure\.release, got DataFrame"):
        require_released(GOOD, "tbl-1")
    found = public(GOOD, label="tbl-1", source="report, table 1")
    assert require_released(found, "tbl-1") is found
    with pytest.raises(DisclosureError, match="published source"):
        public(GOOD, label="tbl-1", source="")
    with pytest.raises(AttributeError):
        found.label = "tbl-2"


def test_thresholds_are_checked(tmp_path, monkeypatch):
    good = (thresholds.paths.params_dir() / "disclosure.yml").read_text("utf-8")
    monkeypatch.setattr(thresholds.paths, "params_dir", lambda: tmp_path)
    with pytest.raises(ParameterError, match="no such file"):
        thresholds.thresholds()
    (tmp_path / "disclosure.yml").write_text(good.replace("min_cell: 5", "min_cell: 1"), "utf-8")
    with pytest.raises(ParameterError, match="min_cell"):
        thresholds.thresholds()
    (tmp_path / "disclosure.yml").write_text(good.replace("min_cell: 5", "min_cell: 70"), "utf-8")
    found = release(GOOD, label="t", count="n", keys=["county"])
    assert found.suppressed["mean"].all()
