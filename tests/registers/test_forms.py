"""The same ids in other files, zones and orders give the same estimates.csv, byte for byte."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from broken_registers import good

from naveval.project import catalogue, paths
from naveval.project import parameters as params
from naveval.registers import reading
from naveval.registers.grammar import ZONE
from naveval.registers.mapping import apply, source

Tables = dict[str, pd.DataFrame]
# Hedmark goes through all forms, the others through the two that differ most.
SETTINGS = {
    "hedmark": (
        0.03,
        {"draws": 99, "size_draws": 200, "parts": ["figures", "tables", "regression"]},
    ),
    "followup": (0.05, {"draws": 100, "parts": ["description", "effects"]}),
    "programs": (0.01, {"parts": ["participants", "outcomes"]}),
    "indicator": (0.0085, {"draws": 200, "person_groups": 50, "parts": ["results", "counties"]}),
}
LARGEST_EXACT = 2**53  # of the whole numbers that Stata can hold
ZONES = ("UTC", "America/Los_Angeles", "Asia/Tokyo")


def internal(text: str) -> int:
    """The whole number that a mapping makes of an id of text."""
    return int(hashlib.sha256(text.lower().encode()).hexdigest()[:15], 16)


def text_ids(n: int) -> list[str]:
    """Ids of capital letters and digits whose whole numbers every form can hold."""
    found: list[str] = []
    number = 0
    while len(found) < n:
        number += 1
        if internal(f"P{number:X}") < LARGEST_EXACT:
            found.append(f"P{number:X}")
    return found


def shuffled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same rows and columns in another order."""
    columns = np.random.default_rng(seed).permutation(frame.columns)
    return frame[list(columns)].sample(frac=1, random_state=seed)


def parquet(tables: Tables, out: Path) -> None:
    for name, frame in tables.items():
        frame.to_parquet(out / f"{name}.parquet", index=False)


def parts(tables: Tables, out: Path) -> None:
    """Three files a table, with endings in capitals, and what Spark writes beside."""
    for name, frame in tables.items():
        (out / name).mkdir()
        (out / name / "_SUCCESS").touch()
        mixed = shuffled(frame, 3)
        for place in range(3):
            mixed.iloc[place::3].to_parquet(out / name / f"part-{place}.PARQUET", index=False)


def partitions(tables: Tables, out: Path) -> None:
    """A folder for each county, and dates as moments in UTC."""
    for name, frame in tables.items():
        made = frame.assign(
            **{
                column: frame[column].dt.tz_localize(ZONE).dt.tz_convert("UTC")
                for column in frame.select_dtypes("datetime")
            }
        )
        if "county" in frame:
            made.to_parquet(out / name, partition_cols=["county"], index=False)
        else:
            made.to_parquet(out / f"{name}.parquet", index=False)


def as_csv(ending: str, **options: object) -> Callable[[Tables, Path], None]:
    def write(tables: Tables, out: Path) -> None:
        for seed, (name, frame) in enumerate(tables.items()):
            shuffled(frame, seed).to_csv(out / f"{name}.{ending}", index=False, **options)

    return write


def stata(tables: Tables, out: Path) -> None:
    for seed, (name, frame) in enumerate(tables.items()):
        shuffled(frame, seed).to_stata(out / f"{name}.dta", write_index=False, version=118)


def mapped(tables: Tables, out: Path) -> None:
    """Ids of text, and names and codes in capitals, that a mapping leads back."""
    persons = sorted({person for t in tables.values() for person in t.get("person", ())})
    back = {internal(text): text for text in text_ids(len(persons))}
    raw, content = out / "raw", {}
    raw.mkdir()
    for name, frame in tables.items():
        theirs = frame.copy()
        columns: dict[str, dict] = {column: {"from": column.upper()} for column in frame}
        for column in frame.select_dtypes(["object", "string", "category"]):
            codes = [str(code) for code in frame[column].astype(str).unique()]
            if len(codes) <= 50:
                columns[column]["codes"] = {code.upper(): code for code in codes}
                theirs[column] = frame[column].astype(str).str.upper()
        if "person" in frame:
            columns["person"]["id"] = True
            theirs["person"] = frame["person"].map(back)
        content[name] = {"files": [f"{name}.csv"], "columns": columns}
        shuffled(theirs.rename(columns=str.upper), 5).to_csv(raw / f"{name}.csv", index=False)
    tables_of = catalogue.module(STUDY_OF[frozenset(tables)], "contracts").TABLES
    for name, schema in tables_of.items():
        content[name]["columns"] = {c: content[name]["columns"][c] for c in schema.columns}
    file = out / "owner.yml"
    mapping = {"study": STUDY_OF[frozenset(tables)], "tables": content}
    file.write_text(yaml.safe_dump(mapping, allow_unicode=True), "utf-8")


STUDY_OF = {
    frozenset(catalogue.module(study, "contracts").TABLES): study for study in catalogue.names()
}
NORWEGIAN = {"sep": ";", "decimal": ",", "date_format": "%d.%m.%Y"}
FORMS: dict[str, Callable[[Tables, Path], None]] = {
    "Parquet": parquet,
    "parts": parts,
    "partitions": partitions,
    "plain CSV": as_csv("csv"),
    "Excel CSV": as_csv("csv", encoding="utf-8-sig", **NORWEGIAN),
    "CSV in capitals, old letters": as_csv("CSV", encoding="cp1252", **NORWEGIAN),
    "gzipped CSV": as_csv("csv.gz", compression="gzip", **NORWEGIAN),
    "Stata": stata,
    "mapped": mapped,
}


def tables_of(study: str, folder: Path, scale: float) -> Tables:
    """A simulated extract as frames, with the ids that `text_ids` stand for."""
    tables = good(study, folder, scale).tables
    persons = sorted({person for t in tables.values() for person in t.get("person", ())})
    ids = pd.Series([internal(text) for text in text_ids(len(persons))], index=persons)
    return {
        name: frame.assign(person=frame["person"].map(ids)) if "person" in frame else frame
        for name, frame in tables.items()
    }


def estimates(study: str, form: str, tables: Tables, folder: Path, zone: str) -> bytes:
    """estimates.csv of a run of these tables in this form, made in another time zone."""
    data = folder / "data"
    data.mkdir(parents=True)
    FORMS[form](tables, data)
    own = {"NAVEVAL_OUT": str(folder / "out"), "NAVEVAL_KEY_SECRET": "0123456789abcdef" * 4}
    environment = {**os.environ, **own, "TZ": zone, "PYTHONPATH": os.pathsep.join(sys.path)}

    def command(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "naveval", *words],
            env=environment,
            cwd=paths.project_root(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (form, done.stdout[-2000:], done.stderr[-2000:])

    if form == "mapped":
        with_ = ["--with", str(data / "owner.yml"), "--out", str(folder / "made")]
        command("map", study, "--data", str(data / "raw"), *with_)
        data = folder / "made"
    chosen = params.load(study, changes={**SETTINGS[study][1], "data": str(data)})
    file = folder / "parameters.yml"
    file.write_text(yaml.safe_dump(chosen.model_dump(mode="json")), "utf-8")
    command("run", study, "--params", str(file), "--quiet", "--out", str(folder / "result"))
    return (folder / "result" / "estimates.csv").read_bytes()


@pytest.mark.slow
def test_all_forms_give_the_same_estimates(tmp_path: Path) -> None:
    tables = tables_of("hedmark", tmp_path / "made", SETTINGS["hedmark"][0])
    found = {
        form: estimates("hedmark", form, tables, tmp_path / f"{place}", ZONES[place % 3])
        for place, form in enumerate(FORMS)
    }
    assert found["Parquet"].count(b"\n") > 20
    assert {form for form, made in found.items() if made != found["Parquet"]} == set()


@pytest.mark.slow
@pytest.mark.parametrize("study", ["followup", "programs", "indicator"])
def test_the_forms_that_differ_most_give_the_same_estimates(study: str, tmp_path: Path) -> None:
    tables = tables_of(study, tmp_path / "made", SETTINGS[study][0])
    plain = estimates(study, "Parquet", tables, tmp_path / "plain", ZONES[0])
    assert plain.count(b"\n") > 20
    for place, form in enumerate(("gzipped CSV", "mapped"), start=1):
        assert estimates(study, form, tables, tmp_path / f"{place}", ZONES[place]) == plain, form


def holds(study: str, form: str, tables: Tables, folder: Path) -> None:
    """Tables in a form are read as the same rows, whatever their order."""
    data = folder / form
    data.mkdir()
    FORMS[form](tables, data)
    if form == "mapped":
        owner = source.load(study, str(data / "owner.yml"))
        apply.write(owner, data / "raw", folder / "made")
        data = folder / "made"
    with reading.open_registers(data, catalogue.module(study, "contracts").TABLES) as opened:
        for name, frame in tables.items():
            wanted = ", ".join(frame.columns)
            read = opened.query(f"SELECT {wanted} FROM {name} ORDER BY ALL")
            expected = duckdb.sql(f"SELECT {wanted} FROM frame ORDER BY ALL").df()
            pd.testing.assert_frame_equal(read, expected, check_dtype=False)


@pytest.mark.slow
@pytest.mark.parametrize("study", ["followup", "programs", "indicator"])
def test_all_forms_hold_the_same_rows(study: str, tmp_path: Path) -> None:
    tables = tables_of(study, tmp_path / "good", 0.0)
    for form in FORMS:
        holds(study, form, tables, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_holds_the_same_rows(form: str, tmp_path: Path) -> None:
    ids = [internal(text) for text in text_ids(3)]
    seekers = {
        "person": ids,
        "month": pd.to_datetime(["2014-11-01", "2014-12-01", "2014-12-01"]),
        "county": ["04", "03", "03"],
        "sex": ["kvinne", "mann", "mann"],
        "birth_year": [1980, 1990, 1970],
        "education": ["høyere", "videregående", "ukjent"],
        "benefit_right": [True, False, True],
        "weeks_registered": [3, 40, 0],
    }
    force = {
        "county": ["03", "04"],
        "month": pd.to_datetime(["2014-12-01", "2014-11-01"]),
        "persons": [131193, 90210],
    }
    tables = {"job_seekers": pd.DataFrame(seekers), "labour_force": pd.DataFrame(force)}
    holds("hedmark", form, tables, tmp_path)
