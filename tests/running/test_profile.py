"""Profiles: what leaves is protected, and registers made of one have its marginals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from broken_registers import good
from click.testing import CliRunner
from scipy import sparse
from studies import attack, linked

from naveval import cli
from naveval.disclosure import counts as counting
from naveval.disclosure import keys
from naveval.project import catalogue, places
from naveval.project import parameters as params
from naveval.project.errors import ContractError, ParameterError
from naveval.registers import contracts, reading
from naveval.running import profile

SECRET = keys.secret("simulated")
MONTHS = pd.date_range("2009-12-01", "2015-12-01", freq="MS")


def other_generator(folder: Path, persons: int = 2500) -> Path:
    """Registers of the Hedmark study by no rule of the simulation: short spells at random."""
    rng = np.random.default_rng(5)
    counties = np.array(places.codes(2014))
    begun = rng.integers(-12, len(MONTHS), persons)
    lasting = 1 + rng.geometric(0.08, persons)
    shares = np.linspace(1, 3, len(counties))
    own = pd.DataFrame(
        {
            "person": 5_000_000 + rng.permutation(persons),
            "county": rng.choice(counties, persons, p=shares / shares.sum()),
            "sex": rng.choice(["kvinne", "mann"], persons, p=[0.3, 0.7]),
            "birth_year": rng.integers(1950, 1995, persons),
            "education": rng.choice(
                ["grunnskole", "videregående", "høyere"], persons, p=[0.2, 0.2, 0.6]
            ),
            "benefit_right": rng.uniform(size=persons) < 0.8,
        }
    )
    at = [
        np.arange(max(0, b), min(len(MONTHS), b + n)) for b, n in zip(begun, lasting, strict=True)
    ]
    rows = own.loc[own.index.repeat([len(months) for months in at])].reset_index(drop=True)
    place = np.concatenate(at)
    rows["month"] = MONTHS[place]
    rows["weeks_registered"] = (place - np.repeat(begun, [len(months) for months in at])) * 4 + 1
    force = pd.MultiIndex.from_product([counties, MONTHS], names=["county", "month"])
    folder.mkdir()
    rows.to_parquet(folder / "job_seekers.parquet", index=False)
    force.to_frame(index=False).assign(persons=2000).to_parquet(folder / "labour_force.parquet")
    return folder


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return other_generator(tmp_path_factory.mktemp("owner") / "data")


@pytest.fixture(scope="module")
def found(owner: Path) -> profile.Profile:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_KEY_SECRET", "0123456789abcdef" * 4)
        patch.setenv("NAVEVAL_OUT", str(owner.parent / "out"))
        return profile.make(
            "hedmark", params.load("hedmark", changes={"data": str(owner), "composition": "none"})
        )


def of(found: profile.Profile, table: str, *by: str) -> dict[tuple[str, ...], int]:
    one = next(m for m in found.marginals if (m.table, m.by) == (table, by))
    return dict(zip(one.codes, one.persons, strict=True))


def test_a_profile_is_near_the_truth_and_rounded(owner: Path, found: profile.Profile) -> None:
    rows = pd.read_parquet(owner / "job_seekers.parquet")
    told = of(found, "job_seekers", "education")
    truth = rows.groupby("education")["person"].nunique()
    assert set(told) == {("grunnskole",), ("videregående",), ("høyere",), ("ukjent",)}
    assert told["ukjent",] == 0
    for name, n in truth.items():
        assert abs(told[str(name),] - n) <= 10
    monthly = of(found, "job_seekers", "county", "period")
    assert len(monthly) == 19 * len(MONTHS)
    assert ("03", "2014-11") in monthly
    assert all(n % found.rounded_to == 0 for one in found.marginals for n in one.persons)


def test_registers_made_of_a_profile_have_its_marginals(
    found: profile.Profile, tmp_path: Path
) -> None:
    made = profile.simulate(found, tmp_path / "made", seed=3)
    apart = (made["made"] - made["wanted"]).abs()
    assert (apart <= found.rounded_to).mean() > 0.995
    assert apart.max() <= 2 * found.rounded_to
    chosen = params.load("hedmark", changes={"composition": "none"})
    breaches = contracts.check("hedmark", tmp_path / "made", chosen)
    # A profile holds nobody's labour force: it is Norway's, and these counties are not.
    assert {(one.table, one.column) for one in breaches} <= {("labour_force", "persons")}
    rows = pd.read_parquet(tmp_path / "made" / "job_seekers.parquet")
    sexes = rows.groupby("sex")["person"].nunique()
    assert sexes["mann"] / sexes.sum() == pytest.approx(0.7, abs=0.03)
    assert json.loads((tmp_path / "made" / "truth.json").read_text())["weighted_to_a_profile"]


def test_half_a_profile_has_half_the_persons(found: profile.Profile, tmp_path: Path) -> None:
    made = profile.simulate(found, tmp_path / "half", share=0.5)
    whole = of(found, "job_seekers")[()]
    rows = pd.read_parquet(tmp_path / "half" / "job_seekers.parquet")
    assert rows["person"].nunique() == pytest.approx(whole / 2, rel=0.02)
    assert made["wanted"].max() == whole / 2


@pytest.mark.parametrize(
    "study",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("programs", "indicator") else [])
        for name in catalogue.names()
    ],
)
def test_no_small_count_is_recovered_from_a_profile(study: str, tmp_path: Path) -> None:
    """The attacker is given the protected counts before they were rounded, which tell more."""
    extract = good(study, tmp_path, {"hedmark": 0.004, "indicator": 0.002}.get(study, 0.0))
    frames, sums = [], []
    chosen = params.load(study)
    with reading.open_registers(
        extract.folder, catalogue.module(study, "contracts").TABLES
    ) as registers:
        for one in profile.cells(study, registers, chosen):
            frame = profile.counted(registers, one, SECRET)
            names = frame[list(one.by)].astype(str).agg("/".join, axis=1) if one.by else ""
            where = f"{one.table}:{','.join(one.by)}:"
            frames.append(frame.assign(name=where + names)[["name", "persons", "persons_key"]])
            if len(one.by) == 2:
                sums += margins(one)
    every = pd.concat(frames, ignore_index=True).rename(columns={"persons": "n"})
    shown = counting.protected_counts(every["n"], every["persons_key"], SECRET)
    every = every.assign(shown=shown)
    links = holding(every, linked(every, sums))
    learnt = attack(every, links, protected=True, small=15)
    assert links.shape[0] > 2
    assert ((learnt["high"] - learnt["low"]) >= 3).all()


def margins(one: profile.Cells) -> list[tuple[str, list[str]]]:
    """Who makes up whom where each person is in one cell of the other column."""
    first, second = one.codes
    pair = f"{one.table}:{','.join(one.by)}:"
    rows = [(f"{one.table}:{one.by[0]}:{a}", [f"{pair}{a}/{b}" for b in second]) for a in first]
    columns = [(f"{one.table}:{one.by[1]}:{b}", [f"{pair}{a}/{b}" for a in first]) for b in second]
    return rows + columns


def holding(every: pd.DataFrame, links: sparse.csr_array) -> sparse.csr_array:
    """The equations that hold: a person who moves between codes is in several cells."""
    return links[np.flatnonzero(np.abs(links @ every["n"].to_numpy()) == 0)]


def test_a_profile_needs_sound_registers_and_the_owners_secret(
    owner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.delenv("NAVEVAL_KEY_SECRET", raising=False)
    chosen = params.load("hedmark", changes={"data": str(owner), "composition": "none"})
    with pytest.raises(ParameterError, match="need a secret"):
        profile.make("hedmark", chosen)
    bad = tmp_path / "bad"
    bad.mkdir()
    pd.read_parquet(owner / "job_seekers.parquet").to_parquet(bad / "job_seekers.parquet")
    with pytest.raises(ContractError, match="labour_force: table is missing"):
        profile.make("hedmark", chosen.model_copy(update={"data": str(bad)}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"study": "nope"}, "unknown study nope"),
        ({"rounded_to": 0}, "rounded_to"),
        ({"marginals": [{"table": "x", "by": [], "codes": [[]], "persons": [1]}]}, "x by : not of"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_profile_is_refused(
    found: profile.Profile, tmp_path: Path, change: dict, told: str
) -> None:
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(found.model_dump() | change), "utf-8")
    with pytest.raises(ParameterError, match=told):
        profile.read(file)


def test_the_commands_make_a_file_and_registers(tmp_path: Path) -> None:
    extract = good("hedmark", tmp_path, 0.004)
    (extract.folder / "truth.json").write_text("{}")
    file, out = tmp_path / "profile.json", tmp_path / "out"
    words = ["profile", "hedmark", "--data", str(extract.folder), "--set", "composition=none"]
    words += ["--out", str(file)]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 0, done.output
    assert "98700" not in file.read_text("utf-8")
    words = ["data", "hedmark", "--profile", str(file), "--scale", "0.5", "--out", str(out)]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 0, done.output
    assert "cells within 10 persons of the profile" in done.output
    assert (out / "hedmark" / "job_seekers.parquet").exists()
    other = CliRunner().invoke(cli.main, ["data", "followup", "--profile", str(file)])
    assert other.exit_code == 2
    assert "a profile of hedmark" in other.output
