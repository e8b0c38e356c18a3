"""No month or mean that is hidden can be computed from the others that are shown."""

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.studies.followup import estimate as study
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup import protection
from naveval.studies.followup.measures import BY_MONTH, by_month
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.protection import TABLES, TARGET, Protected
from naveval.studies.followup.simulate import registers

FEW = 5
CHANNELS = ["phone", "meeting", "question"]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("registers")
    registers.simulate(folder, scale=0.1, seed=4)
    return followup_panel.read(folder)


@pytest.fixture(scope="module")
def protected(panel: Panel) -> Protected:
    return protection.protect(panel.window)


def places(panel: Panel) -> list[str]:
    return ["", *sorted(panel.window["county"].astype(str).unique())]


@pytest.mark.parametrize("label", BY_MONTH)
def test_hidden_months_do_not_follow_from_the_means(
    panel: Panel, protected: Protected, label: str
) -> None:
    measures, groups = BY_MONTH[label]
    means = protected.means[protected.means["table"] == TABLES[label]].dropna(subset="mean")
    off = []
    for (county, outcome, horizon), mean in means.set_index(["county", "outcome", "horizon"])[
        "mean"
    ].items():
        released = protection.months(protected, label, county)
        truth = by_month(study.place(panel.window, county), measures, groups)
        use = truth["measure"].isin(CHANNELS if outcome == "dialogue" else [outcome])
        use &= truth["group"].eq(TARGET) & truth["month"].between(*study.WINDOWS[horizon])
        hidden = released.suppressed["value"] & use
        n_obs = truth.loc[use & (truth["measure"] == truth.loc[use, "measure"].iloc[0]), "n_obs"]
        told = mean * n_obs.sum()
        error = told - truth.loc[use, "total"].sum()
        if hidden.any():
            # What the reader can say about the hidden months is no better than within 5.
            assert told % FEW == pytest.approx(0, abs=1e-6) or told % FEW == pytest.approx(FEW)
            off.append(error)
        else:
            assert error == pytest.approx(0, abs=1e-6)
    assert len(off) > 10
    assert np.abs(off).max() <= FEW / 2
    assert np.std(off) > 0.5


def test_who_left_for_other_reasons_does_not_follow_by_subtraction(
    panel: Panel, protected: Protected
) -> None:
    shown = 0
    for county in places(panel):
        frame = protection.months(protected, "fig-6", county).frame
        wide = frame.assign(n=frame["value"] * frame["n_obs"]).pivot_table(
            index=["group", "month"], columns="measure", values="n"
        )
        if {"work", "ended"} <= set(wide):
            rest = (wide["ended"] - wide["work"]).dropna()
            shown += len(rest)
            assert (rest >= FEW - 1e-6).all()
        means = protected.means[protected.means["county"] == county]
        own = study.place(panel.window, county)
        for horizon, months in study.WINDOWS.items():
            both = means[means["outcome"].isin(["work", "ended"]) & (means["horizon"] == horizon)]
            use = own["month"].between(*months) & (own["weeks_left"] <= 26)
            rest = (own["ended"] & ~own["work"] & use).sum()
            assert both["mean"].isna().any() or rest >= FEW
    assert shown > 10


def test_a_hidden_mean_is_hidden_with_what_gives_it_back(
    panel: Panel, protected: Protected
) -> None:
    means = protected.means
    assert len(means) == 14 * len(places(panel))
    assert 0 < means["mean"].isna().mean() < 1
    county = means.loc[means["mean"].isna() & (means["outcome"] == "health"), "county"].iloc[0]
    parameters = Parameters()
    summary = study.summary(
        study.regressions(study.place(panel.window, county), parameters), parameters
    )
    found = protection.protect_means(summary, protected, county)
    hidden = found["mean_hidden"]
    assert hidden.any()
    assert found.loc[hidden, ["mean", "mde_relative"]].isna().all(axis=None)
    shown = found[found["mde_relative"].notna()]
    assert len(shown) > 3
    np.testing.assert_allclose(shown["mean"] * shown["mde_relative"], shown["mde"])
    np.testing.assert_allclose(shown["mean"], summary.loc[shown.index, "mean"], rtol=0.2)


def test_dropped_steps_do_not_follow_from_the_rest(panel: Panel) -> None:
    released = protection.flow(panel.flow)
    frame = released.frame.set_index("county")
    few = 0
    for county in places(panel):
        rows = frame.loc[county].set_index("step")["n_periods"]
        dropped = rows[["no_decision", "before_decision", "without_weeks", "after_disability"]]
        few += int(dropped.isna().any())
        parts = pd.concat([dropped, rows[["periods"]]])
        assert np.isnan(rows["cards"]) or parts.isna().sum() != 1, county
    assert few > 0
    logged = released.log[released.log["rule"] == "secondary"]
    assert len(logged) > 0


def test_durations_and_months_are_those_of_the_place(panel: Panel, protected: Protected) -> None:
    for county in ("", "03"):
        own = protection.durations(panel.profiles, "fig-2", county)
        assert isinstance(own, Released)
        assert not own.frame.duplicated(["measure", "duration"]).any()
        months = protection.months(protected, "fig-4", county)
        truth = by_month(study.place(panel.window, county), *BY_MONTH["fig-4"])
        assert len(months.frame) == len(truth)
        shown = months.frame["value"].notna().to_numpy()
        np.testing.assert_allclose(months.frame["value"][shown], truth["value"][shown])
        assert not {"total", "n_rest", "county"} & set(months.frame.columns)
        assert set(months.log["label"]) == {"fig-4"}
    whole = protection.durations(panel.profiles, "fig-2", "")
    gate.require_released(whole, "fig-2")
