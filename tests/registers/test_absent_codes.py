"""A permitted code that nobody has does not stop a study: every code is taken away in turn."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from broken_registers import good

from naveval.disclosure import keys
from naveval.project import catalogue
from naveval.project import parameters as params
from naveval.registers import reading
from naveval.studies.followup import panel as followup
from naveval.studies.hedmark import panel as hedmark
from naveval.studies.indicator import panel as indicator
from naveval.studies.programs import contracts as programs
from naveval.studies.programs import study as programs_study


def _hedmark(folder: Path) -> dict[str, pd.DataFrame]:
    """Shares of the levels of education but the first, months × counties, with benefit."""
    with reading.open_registers(folder, catalogue.module("hedmark", "contracts").TABLES) as opened:
        found = hedmark.build(opened, keys.secret("simulated"))
    shares = {group: hedmark.shares(found, group) for group in hedmark.GROUPS}
    assert all(len(frames) == 7 for frames in shares.values())
    return {
        name.removeprefix("education: "): frame
        for name, frame in shares["with"].items()
        if name.startswith("education")
    }


def _programs(folder: Path) -> None:
    chosen = params.load("programs")
    with reading.open_registers(folder, programs.TABLES) as opened:
        programs_study.participation(opened, chosen)
        programs_study.outcomes(opened, chosen)


USERS: dict[str, Callable[[Path], object]] = {
    "hedmark": _hedmark,
    "followup": followup.read,
    "indicator": indicator.build,
    "programs": _programs,
}


def codes(study: str) -> list[tuple[str, str, list[str]]]:
    """Tables and columns with a list of permitted codes, places and months aside."""
    return [
        (table, name, list((rule.statistics or {})["allowed_values"]))
        for table, schema in catalogue.module(study, "contracts").TABLES.items()
        for name, column in schema.columns.items()
        for rule in column.checks
        if rule.name == "isin" and name not in ("county", "month", "year_week")
        if not name.endswith("_month") and str(column.dtype).startswith(("str", "object"))
    ]


def without(folder: Path, table: str, column: str, code: str, instead: str) -> None:
    """Give everybody with a code another one."""
    file = folder / f"{table}.parquet"
    frame = pd.read_parquet(file)
    frame[column] = frame[column].astype(str).replace(code, instead)
    file.unlink()
    frame.to_parquet(file, index=False)


def test_an_education_nobody_has_is_a_share_of_zero(tmp_path: Path) -> None:
    extract = good("hedmark", tmp_path)
    without(extract.folder, "job_seekers", "education", "ukjent", "høyere")
    shares = _hedmark(extract.folder)
    assert shares["ukjent"].max().max() == 0
    assert shares["høyere"].max().max() > 0
    without(extract.folder, "job_seekers", "education", "grunnskole", "videregående")
    rest = sum(_hedmark(extract.folder).values())
    assert rest.stack().dropna().round(9).unique().tolist() == [1.0]


@pytest.mark.slow
@pytest.mark.parametrize("study", USERS)
def test_every_code_can_be_absent(study: str, tmp_path: Path) -> None:
    extract = good(study, tmp_path / "whole", {"indicator": 0.004}.get(study, 0.0))
    wrong = []
    for table, column, allowed in codes(study):
        for place, code in enumerate(allowed):
            folder = tmp_path / f"{table}-{column}-{place}"
            shutil.copytree(extract.folder, folder)
            without(folder, table, column, code, allowed[place - 1])
            try:
                USERS[study](folder)
            except (KeyError, IndexError, ValueError) as error:
                wrong.append((table, column, code, repr(error)[:80]))
            shutil.rmtree(folder)
    assert wrong == []
