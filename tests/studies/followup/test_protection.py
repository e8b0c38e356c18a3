"""Months, durations, means and the flow are functions of protected numbers of persons."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.studies.followup import estimate as study
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup import protection
from naveval.studies.followup.measures import BY_MONTH, by_month
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.protection import Protected
from naveval.studies.followup.simulate import registers

SECRET = keys.secret("simulated")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("registers")
    registers.simulate(folder, scale=0.05, seed=4)
    return followup_panel.read(folder, SECRET)


@pytest.fixture(scope="module")
def protected(panel: Panel) -> Protected:
    return protection.protect(panel, SECRET)


def raw(panel: Panel, label: str, county: str = "") -> pd.DataFrame:
    own = panel.persons["record_key"].to_numpy()
    return by_month(study.place(panel.window, county), *BY_MONTH[label], own)


def test_keys_are_those_of_the_distinct_persons(panel: Panel) -> None:
    window, own = panel.window, panel.persons["record_key"]
    use = window["weeks_left"].between(1, 26) & window["month"].eq(201703)
    found = raw(panel, "fig-6").query("measure == 'work' and group == 'target' and month == 201703")
    persons = window.loc[use, "person"].unique()
    assert found["n_persons"].item() == len(persons)
    assert found["n_persons_key"].item() == own[persons].sum()
    leavers = window.loc[use & window["work"], "person"].unique()
    assert found["n_with"].item() == len(leavers)
    assert found["n_with_key"].item() == own[leavers].sum()


def test_no_shown_number_of_persons_is_exact_or_small(panel: Panel, protected: Protected) -> None:
    changes = []
    for label in BY_MONTH:
        for county in ("", "03", "11"):
            shown = protection.months(protected, label, county).frame
            assert not [name for name in shown.columns if name.endswith("_key")]
            monthly = shown[shown["step"] == "month"]
            both = monthly.merge(
                raw(panel, label, county), on=["measure", "group", "month"], suffixes=("", "_true")
            )
            for name in ("n_persons", "n_with"):
                assert not set(shown[name]) & {1, 2, 3, 4}
                changes += (both[name] - both[f"{name}_true"]).tolist()
    assert len(changes) > 300
    assert np.abs(changes).max() <= 5
    assert 1 < np.std(changes) < 2.6


def test_a_place_where_nobody_is_followed_up_has_no_means(panel: Panel) -> None:
    whole = panel.window
    own = whole["month"].between(201701, 201712) & whole["weeks_left"].between(1, 26)
    rows = whole["person"].isin(whole.loc[own, "person"]) & (whole["county"] == "03")
    rest = Panel(**{**vars(panel), "window": whole[~rows]})
    means = protection.protect(rest, SECRET).means
    found = means[(means["county"] == "03") & (means["horizon"] == "short")]
    assert found["mean"].isna().all()
    assert means.loc[means["county"] == "", "mean"].notna().all()


def test_exits_are_protected_persons_over_protected_periods(
    panel: Panel, protected: Protected
) -> None:
    shown = protection.months(protected, "fig-6", "").frame
    np.testing.assert_allclose(
        shown["value"].dropna(), (shown["n_with"] / shown["n_obs"])[shown["value"].notna()]
    )
    truth = raw(panel, "fig-6")
    whole = truth[truth["measure"] == "ended"].groupby("group")[["total", "n_obs"]].sum()
    ended = shown[shown["measure"] == "ended"]
    for group, part in ended.groupby("group"):
        rate = (part["value"] * part["n_obs"]).sum() / part["n_obs"].sum()
        assert rate == pytest.approx(whole.loc[group, "total"] / whole.loc[group, "n_obs"], rel=0.1)


def test_a_measure_is_shown_at_one_step_with_enough_in_every_group(protected: Protected) -> None:
    steps = set()
    for (label, _), released in protected.months.items():
        for _, part in released.frame.groupby("measure"):
            assert part["step"].nunique() == 1, label
            step = part["step"].iloc[0]
            steps.add(step)
            if step:
                assert (part.groupby("group")["n_with"].median() >= 10).all()
            else:
                assert part["value"].isna().all()
    assert {"month", "quarter"} < steps


def test_the_step_at_country_level_leaves_no_month_out(protected: Protected) -> None:
    for label in ("fig-4", "fig-6"):
        frame = protection.months(protected, label, "").frame
        shown = frame[frame["step"] != ""]
        assert shown["value"].notna().all()
        assert set(shown["measure"]) >= set(frame["measure"]) - {"health", "question"}


def test_means_are_near_the_raw_ones(panel: Panel, protected: Protected) -> None:
    parameters = Parameters()
    summary = study.summary(study.regressions(panel.window, parameters), parameters)
    found = protection.protect_means(summary, protected, "")
    assert not found["mean_hidden"].any()
    frequent = ~found["outcome"].isin(["health"]) & found["table"].ne("tbl-2")
    np.testing.assert_allclose(found["mean"][frequent], summary["mean"][frequent], rtol=0.08)
    assert (found["mean"] != summary["mean"]).all()
    assert (found["n_persons"] % 10 == 0).all()
    shown = found[found["mde_relative"].notna()]
    np.testing.assert_allclose(shown["mean"] * shown["mde_relative"], shown["mde"])
    assert len(protected.means) == 14 * len({county for _, county in protected.months})


def test_means_of_a_year_rest_on_all_its_months(panel: Panel) -> None:
    """Months with few exits to a health benefit are counted, though none is shown alone."""
    found = protection.around(panel, Parameters()).frame
    own = found[(found["figure"] == "fig-6") & (found["measure"] == "health")]
    assert set(own["when"]) == {"before", "after"}
    window = panel.window[panel.window["month"].between(*study.WINDOWS["long"])]
    for row in own.itertuples():
        rows = window[(window["month"] >= 201707) == (row.when == "after")]
        rows = rows[rows["weeks_left"].between(*BY_MONTH["fig-6"][1][row.group])]
        assert abs(row.n_obs - len(rows)) < 0.01 * len(rows)
        assert abs(row.value * row.n_obs - rows["health"].sum()) <= 6


def test_exits_of_both_kinds_have_noise_of_their_own(panel: Panel, protected: Protected) -> None:
    """Who left for other reasons is shown nowhere: their number less noise would be needed."""
    shown = protection.months(protected, "fig-6", "").frame
    monthly = shown[shown["step"] == "month"].pivot_table(
        index=["group", "month"], columns="measure", values="n_with"
    )
    truth = raw(panel, "fig-6").pivot_table(
        index=["group", "month"], columns="measure", values="n_with"
    )
    rest = (monthly["ended"] - monthly["work"]).dropna()
    error = rest - (truth["ended"] - truth["work"]).reindex(rest.index)
    assert len(rest) > 20
    assert error.std() > 1.5


def test_durations_and_flow_of_a_place(panel: Panel) -> None:
    for county in ("", "03"):
        parameters = Parameters(county=county)
        own = protection.durations(panel, "fig-2", parameters)
        assert not own.frame.duplicated(["measure", "duration"]).any()
        assert set(own.log["label"]) == {"fig-2"}
        told = protection.flow(panel, parameters).frame.set_index("step")
        steps = panel.flow if not county else panel.flow[panel.flow["county"] == county]
        true = steps.groupby("step", observed=True)[["n_persons", "n_periods", "n_spells"]].sum()
        assert np.abs(told["n_persons"] - true["n_persons"]).max() <= 5
        for name in ("n_spells", "n_periods"):
            known = told[told[name].notna()]
            assert (known[name] >= known["n_persons"]).all()
        periods = told["n_periods"].dropna()
        near = np.abs(periods - true["n_periods"].reindex(periods.index))
        assert (near > 0).any()
        assert (near <= 0.05 * true["n_periods"].reindex(periods.index) + 150).all()


def test_kept_protection_is_the_same(
    panel: Panel, protected: Protected, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    monkeypatch.setattr(protection, "made_from", lambda parameters: {"data": "these"})
    protection.load(panel, Parameters())
    monkeypatch.setattr(protection, "protect", None)
    kept = protection.load(panel, Parameters())
    pd.testing.assert_frame_equal(kept.means, protected.means)
    assert set(kept.months) == set(protected.months)
    for place, released in protected.months.items():
        pd.testing.assert_frame_equal(kept.months[place].frame, released.frame)
        pd.testing.assert_frame_equal(kept.months[place].suppressed, released.suppressed)
