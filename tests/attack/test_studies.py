"""The union attack on the studies: every protected count that an exhibit is computed from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from studies import attack, cells, linked

from naveval.disclosure import counts as counting
from naveval.disclosure import keys
from naveval.registers.reading import open_registers
from naveval.studies.followup import measures
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup.estimate import place
from naveval.studies.followup.simulate import registers as followup_registers
from naveval.studies.hedmark import panel as hedmark_panel
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.simulate.registers import simulate as simulate_hedmark
from naveval.studies.indicator import models, series
from naveval.studies.indicator import panel as indicator_panel
from naveval.studies.indicator.models import Packed, Specification
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.simulate import registers as indicator_registers
from naveval.studies.programs.codes import STATES
from naveval.studies.programs.contracts import TABLES as PROGRAM_TABLES
from naveval.studies.programs.panel import persons as program_panel
from naveval.studies.programs.panel import states as program_states
from naveval.studies.programs.simulate import registers as program_registers

SECRET = keys.secret("simulated")
MIN_WIDTH = 3
Attacked = tuple[pd.DataFrame, sparse.csr_array]


def protected(frame: pd.DataFrame) -> pd.DataFrame:
    shown = counting.protected_counts(frame["n"], frame["n_key"], SECRET)
    return frame.assign(shown=shown)


def hedmark(folder: Path) -> Attacked:
    """Stock of counties and country by each characteristic, and by months registered."""
    simulate_hedmark(folder, scale=0.005, seed=5)
    with open_registers(folder, TABLES) as opened:
        raw = hedmark_panel.build(opened, SECRET)
    month = int(raw.counts["month"].max()) - 20
    base = ["county", "month", "group"]
    own = [frame[frame["month"] == month] for frame in (raw.counts, raw.levels, raw.flows)]
    own[0] = own[0].assign(part="")
    own[1] = own[1].assign(part=own[1]["characteristic"] + own[1]["level"])
    own[2] = own[2].assign(part="d" + own[2]["duration"].astype(str))
    parts = pd.concat(own, ignore_index=True)[[*base, "part", "stock", "stock_key"]]
    country = parts.groupby(["group", "part"], as_index=False)[["stock", "stock_key"]].sum()
    every = pd.concat([parts, country.assign(county="")], ignore_index=True)
    every = every.rename(columns={"stock": "n", "stock_key": "n_key"})
    every["name"] = every["county"] + "/" + every["group"] + "/" + every["part"]
    found = cells(protected(every))
    counties = sorted(parts["county"].unique())
    sums = []
    for group in hedmark_panel.GROUPS:
        listed = parts.loc[parts["group"] == group, "part"].unique()
        for part in listed:
            here = [f"{c}/{group}/{part}" for c in counties]
            sums.append((f"/{group}/{part}", [name for name in here if name in set(found["name"])]))
        for county in ["", *counties]:
            for start in ("sex", "education", "age", "d"):
                inside = [
                    f"{county}/{group}/{part}"
                    for part in listed
                    if part.startswith(start) and f"{county}/{group}/{part}" in set(found["name"])
                ]
                sums.append((f"{county}/{group}/", inside))
    return found, linked(found, sums)


def followup(folder: Path) -> Attacked:
    """Persons with each measure by month, in all counties and the country."""
    followup_registers.simulate(folder, scale=0.03, seed=4)
    panel = followup_panel.read(folder, SECRET)
    own = panel.persons["record_key"].to_numpy()
    counties = sorted(panel.window["county"].astype(str).unique())
    window = panel.window[panel.window["month"].isin([201703, 201704])]
    frames = []
    for code in ["", *counties]:
        found = measures.by_month(place(window, code), *measures.BY_MONTH["fig-6"], own)
        name = code + "/" + found["group"] + "/" + found["month"].astype(str)
        whole = found.rename(columns={"n_persons": "n", "n_persons_key": "n_key"})
        with_it = found.rename(columns={"n_with": "n", "n_with_key": "n_key"})
        frames.append(whole.assign(name=name)[["name", "n", "n_key"]].drop_duplicates("name"))
        frames.append(with_it.assign(name=name + "/" + found["measure"])[["name", "n", "n_key"]])
    every = cells(protected(pd.concat(frames, ignore_index=True)))
    names = set(every["name"])
    sums = []
    for name in sorted(n for n in names if n.startswith("/")):
        sums.append((name, [code + name for code in counties if code + name in names]))
    return every, linked(every, sums)


def indicator(folder: Path) -> Attacked:
    """Persons and persons in work by month, in crossed groupings and all their margins."""
    indicator_registers.simulate(folder, scale=0.002, seed=3)
    panel = indicator_panel.build(folder, first_month="2021-12")
    panel = replace(panel, noise=noise_for(panel.persons, SECRET))
    plain = replace(panel, noise=None)
    fit = models.fit(Packed(plain), Specification(version="report"), "jobb3")
    parts = (("nav",), ("county",), ("innsatsgruppe",), ("county", "innsatsgruppe"))
    wanted = [series.grouping(panel, *names) for names in parts]
    raw, told = (
        series.curves(Packed(one), Specification(version="report"), "jobb3", fit, wanted)
        for one in (plain, panel)
    )
    frames = []
    for name, curve in raw.items():
        for at, group in enumerate(curve.grouping.names):
            pair = [curve.n[0, at], np.nan_to_num(curve.actual[0, at] * curve.n[0, at])]
            own = told[name]
            seen = [own.n[0, at], np.nan_to_num(own.actual[0, at] * own.n[0, at])]
            label = "" if name == "nav" else group
            if name == "innsatsgruppe":
                label = f" × {group}"
            frames += [(f"{label}#{k}", round(pair[k]), round(seen[k])) for k in (0, 1)]
    found = pd.DataFrame(frames, columns=["name", "n", "shown"])
    counties, groups = panel.levels["county"], panel.levels["innsatsgruppe"]
    sums = []
    for k in (0, 1):
        sums.append((f"#{k}", [f"{c}#{k}" for c in counties]))
        sums.append((f"#{k}", [f" × {g}#{k}" for g in groups]))
        sums += [(f"{c}#{k}", [f"{c} × {g}#{k}" for g in groups]) for c in counties]
        sums += [(f" × {g}#{k}", [f"{c} × {g}#{k}" for c in counties]) for g in groups]
    return found, linked(found, sums)


def programs(folder: Path) -> Attacked:
    """Persons in each state two years after their start, by three breakdowns, in all counties."""
    program_registers.simulate(folder, scale=0.005, seed=2, jobs=1)
    with open_registers(folder, PROGRAM_TABLES) as opened:
        program_panel.make(opened, SECRET)
        program_states.make_states(opened)
        rows = opened.query(
            f"""SELECT s.*, y.county FROM state_months s JOIN (SELECT person,
                arg_max(county, year) AS county FROM person_years GROUP BY 1) y USING (person)
            WHERE k = 24 AND start <= {program_states.LAST_START}"""
        )
        told = program_states.states(opened, SECRET, "status")
    counties = sorted(rows["county"].unique())
    groups = {name: sorted(rows[name].unique()) for name in ("status", "country", "age_group")}
    frames = []
    for by in ([], *([name] for name in groups)):
        for here in (rows, rows.assign(county="")):
            for state in ([], ["state"]):
                every = here.assign(whole="")
                found = keys.cell_keys(every, ["county", *by, *state, "whole"], SECRET)
                parts = [found[column] for column in ("county", *(by or ["whole"]))]
                name = parts[0] + "/" + parts[1] + "/" + (found["state"] if state else "")
                frames.append(found.assign(name=name)[["name", "n", "n_key"]])
    known = cells(protected(pd.concat(frames, ignore_index=True)))
    listed = ["", *(group for part in groups.values() for group in part)]
    # Tables have all their cells, also those with nobody.
    names = [f"{c}/{g}/{s}" for c in ["", *counties] for g in listed for s in ["", *STATES]]
    every = known.set_index("name").reindex(names, fill_value=0).reset_index()
    sums = []
    for county in ["", *counties]:
        sums += [(f"{county}/{g}/", [f"{county}/{g}/{s}" for s in STATES]) for g in listed]
        for state in ["", *STATES]:
            for part in groups.values():
                sums.append((f"{county}//{state}", [f"{county}/{g}/{state}" for g in part]))
    for name in (one for one in names if one.startswith("/")):
        sums.append((name, [county + name for county in counties]))
    shown = every.set_index("name")["shown"]
    for row in told[told["k"] == 24].itertuples():
        assert shown.get(f"/{row.group}/{row.state}", 0) == row.n_state
    return every, linked(every, sums)


STUDIES: dict[str, Callable[[Path], Attacked]] = {
    "hedmark": hedmark,
    "followup": followup,
    "indicator": indicator,
    "programs": programs,
}


@pytest.fixture(scope="module", params=STUDIES)
def given(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    return STUDIES[request.param](tmp_path_factory.mktemp(request.param))


def test_equations_hold_in_truth(given: Attacked) -> None:
    found, links = given
    assert links.shape[0] > 5
    assert np.abs(links @ found["n"].to_numpy()).max() == 0


def test_no_small_count_is_recovered(given: Attacked) -> None:
    found, links = given
    learnt = attack(found, links, protected=True)
    assert len(learnt) > 20
    assert not learnt["certain"].any()
    assert learnt["width"].min() >= MIN_WIDTH
    assert learnt["right"].mean() <= 0.01


def test_the_control_bites(given: Attacked) -> None:
    learnt = attack(*given, protected=False, small=8)
    assert learnt["certain"].mean() >= 0.2


def test_a_later_edition_shows_the_same_months_alike(tmp_path: Path) -> None:
    """Hedmark's registers cut at an earlier month: what both editions show is the same."""
    simulate_hedmark(tmp_path, scale=0.005, seed=6)
    with open_registers(tmp_path, TABLES) as opened:
        raw = hedmark_panel.build(opened, SECRET)
        last = int(raw.counts["month"].max()) - 6
        earlier = raw.counts[raw.counts["month"] <= last]
    both = [
        counting.protected_counts(frame["stock"], frame["stock_key"], SECRET)[: len(earlier)]
        for frame in (raw.counts[raw.counts["month"] <= last], earlier.reset_index(drop=True))
    ]
    np.testing.assert_array_equal(*both)
    assert len(both[0]) > 1000
