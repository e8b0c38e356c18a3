"""Every printed number comes out, or has an explanation that gives it."""

from dataclasses import replace

import numpy as np
import pytest

from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.inputs import PROGRAMS, load
from naveval.project.errors import ParameterError
from naveval.studies.programs.costs.readings import DOUBTS, first_month_fit, readings
from naveval.studies.programs.costs.reconcile import (
    CELL_COLUMNS,
    TOLERANCE,
    cells,
    computed,
    explanations,
    implied_durations,
    parse_reading,
    reconcile,
)

COSTS = load()
CELLS = reconcile(COSTS)
AUTOMATIC = {"equal", "within_2_percent", "rounding", "unexplained"}
COUNTS = CELLS["basis"].value_counts().to_dict()


def test_every_printed_cell_is_there_once() -> None:
    table = cells()
    assert list(table.columns) == list(CELL_COLUMNS)
    assert not table.duplicated(["label", "row", "column"]).any()
    counts = table["label"].value_counts()
    expected = {
        "tbl-7-2": 27,
        "tbl-7-3": 36,
        "tbl-7-4": 36,
        "tbl-7-5": 36,
        "tbl-7-6": 63,
        "tbl-7-7": 23,
        "tbl-7-8": 22,
        "tbl-1-1": 36,
        "text": 6,
    }
    assert counts.to_dict() == expected
    assert table["printed"].notna().all()


def test_nothing_is_unexplained() -> None:
    left = CELLS[CELLS["explanation"] == "unexplained"]
    assert left.empty, left.to_string()
    large = CELLS["share"].abs() > TOLERANCE
    assert not (CELLS.loc[large, "explanation"] == "within_2_percent").any()


def test_every_explanation_gives_the_printed_number() -> None:
    explained = CELLS[~CELLS["explanation"].isin(AUTOMATIC)]
    assert len(explained) == len(explanations())
    far = (explained["alternative"] - explained["printed"]).abs()
    miss = far > explained["reach"] * (1 + 1e-9)
    assert not miss.any(), explained[miss].to_string()
    nearer = (explained["alternative"] - explained["printed"]).abs() <= explained[
        "difference"
    ].abs()
    assert nearer.all(), explained[~nearer].to_string()


def test_no_explanation_without_a_difference() -> None:
    explained = CELLS[~CELLS["explanation"].isin(AUTOMATIC)]
    idle = explained["difference"].abs() <= explained["half_unit"] * (1 - 1e-9)
    # Table 7-7 prints whole per cent: a share can round to the printed one by chance.
    assert set(explained.loc[idle, "explanation"]) <= {"whole_percent"}


def test_few_numbers_test_the_computation() -> None:
    assert COUNTS == {"fitted": 149, "input": 88, "independent": 38, "zero": 10}
    own = CELLS[CELLS["basis"] == "independent"]
    assert (own["explanation"] == "equal").sum() == 23
    assert set(own["explanation"]) <= AUTOMATIC - {"unexplained"}
    basis = CELLS.set_index(["label", "row", "column"])["basis"]
    assert basis["tbl-7-2", "AMO", "monthly_budget_cost"] == "input"
    assert basis["tbl-7-3", "AMO", "monthly_budget_cost"] == "independent"
    assert basis["tbl-7-2", "AMO", "total"] == "fitted"
    assert basis["tbl-7-6", "AMO", "other_sectors"] == "zero"
    assert basis["tbl-7-8", "AFT, extended", "months"] == "input"


def test_durations_are_chosen_and_three_tables_agree_on_them() -> None:
    durations = CELLS[CELLS["column"] == "duration"]
    assert len(durations) == 27
    assert set(durations["explanation"]) == {"chosen"}
    table = implied_durations(COSTS).set_index(["program", "label"])
    subsidy = ("Midlertidig lønnstilskudd", "tbl-7-2")  # its total leaves the subsidy out
    assert table["holds_used"].drop(subsidy).all()
    assert not table["holds_used"][subsidy]
    assert int(table["holds_printed"].sum()) == 10
    aft = table.loc["AFT", "tbl-7-2"]
    assert aft["low"] == pytest.approx(239_350 / (18_750 * 1.2))
    assert aft["high"] == pytest.approx(239_450 / (18_650 * 1.2))


def test_the_longest_utdanning_follows_the_footnote_of_table_7_5() -> None:
    """5 800 kroner, rounded to hundreds, until 10.5 years; 5 830 gives both printed sums."""
    rows = CELLS[CELLS["row"].str.startswith("Utdanning, ") & (CELLS["column"] == "net_benefit")]
    assert (rows["alternative"] - rows["printed"]).abs().max() > 3000
    a = from_inputs(COSTS, {"effect_later": "footnote_7_5", "effect_months": "footnote_7_5"})
    own = a.effect_later == 5800
    near = replace(a, effect_later=np.where(own, 5830, a.effect_later))
    found = computed(near, COSTS)
    assert found["tbl-7-8", "Utdanning, ordinary", "net_benefit"] == pytest.approx(73_000, abs=500)
    assert found["tbl-7-8", "Utdanning, extended", "net_benefit"] == pytest.approx(
        -58_000, abs=1000
    )
    assert found["tbl-7-7", "Utdanning", "break_even_months"] == 80


def test_a_wrong_input_is_noticed() -> None:
    general = COSTS.general.model_copy(
        update={
            "labour_cost_factor": COSTS.general.labour_cost_factor.model_copy(update={"value": 1.5})
        }
    )
    table = reconcile(COSTS.model_copy(update={"general": general}))
    assert (table["explanation"] == "unexplained").sum() > 20


def test_rounding_reaches_no_further_than_the_inputs_allow() -> None:
    wide = CELLS[(CELLS["explanation"] == "rounding")]
    assert (wide["difference"].abs() <= wide["rounding"] * (1 + 1e-9)).all()
    assert len(wide) <= 10


def test_rules_and_readings_are_checked() -> None:
    assert parse_reading("a=b; c:AMO=d; whole_percent") == (
        {"a": "b", "c:AMO": "d"},
        "whole_percent",
    )
    with pytest.raises(ParameterError, match="allowed: whole_percent, undiscounted"):
        computed(from_inputs(COSTS), COSTS, rule="guess")
    with pytest.raises(ParameterError, match="more than one rule"):
        parse_reading("whole_percent;undiscounted")


def test_both_readings_differ_and_the_used_one_is_named() -> None:
    table = readings(COSTS)
    assert len(table) >= len(DOUBTS)
    assert not np.isclose(table["used"], table["other"]).any()
    durations = table[table["doubt"] == "duration"]
    assert list(durations["row"]) == list(PROGRAMS)
    assert (durations["closer"] == "used").all()


def test_counting_months_from_zero_fits_better() -> None:
    fit = first_month_fit(COSTS).set_index("convention")["deviation"]
    assert fit["month_0"] < fit["month_1"]
    assert fit["month_0"] < 0.005
