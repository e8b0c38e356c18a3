"""The files of the examples: the numbers that the documentation shows rest on them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.frames import example
from naveval.project.errors import ParameterError


def test_counties_and_months_of_which_one_falls_by_three() -> None:
    panel = example.panel()
    assert panel.columns.tolist() == ["county", "month", "job_seekers"]
    counties = ["Hedmark", *(f"County {n}" for n in range(1, 21))]
    assert panel["county"].tolist() == list(np.repeat(counties, 36))
    assert panel["month"].tolist() == [*range(1, 37)] * 21
    wide = panel.pivot(index="county", columns="month", values="job_seekers").loc[counties]
    assert wide.iloc[[0, 0, 20], [0, 1, 35]].to_numpy().diagonal().tolist() == [51.99, 52.38, 47.77]
    assert panel["job_seekers"].sum() == pytest.approx(37732.25)
    change = wide.diff(axis=1).to_numpy()[:, 1:]
    assert change.std() == pytest.approx(0.3, abs=0.02)  # of the drift
    assert change[0, 23] == pytest.approx(-3, abs=1)  # Hedmark, from the 24th month to the 25th
    assert wide[1].mean() == pytest.approx(50, abs=2)


def test_people_of_offices_where_the_old_work_less() -> None:
    people = example.people()
    assert people.columns.tolist() == ["person", "office", "age", "sex", "hours"]
    assert len(people) == 3000
    assert people.iloc[0].tolist() == [1675, "02", 3, "m", 21.4]
    assert people.iloc[-1].tolist() == [1522, "12", 6, "f", 19.9]
    assert people["person"].between(0, 1999).all()
    assert sorted(people["office"].unique()) == [f"{code:02d}" for code in range(1, 13)]
    assert people.groupby("person")[["age", "sex"]].nunique().max().tolist() == [1, 1]
    totals = people[["person", "age", "hours"]].sum().tolist()
    assert totals == pytest.approx([3023307, 11782, 56035.2])
    assert people["sex"].value_counts().to_dict() == {"f": 1510, "m": 1490}
    code = people["office"].astype(int)
    left = people["hours"] - 22 + people["age"] - 0.3 * (code - 6) * (code > 9)
    assert (left.mean(), left.std()) == pytest.approx((0, 6), abs=0.3)
    assert left[code > 9].mean() == pytest.approx(left[code <= 9].mean(), abs=0.5)


def test_programmes_that_are_worth_two_and_one() -> None:
    table = example.programs()
    assert table.columns.tolist() == ["program", "age", "education", "earnings"]
    assert table.iloc[0].tolist() == ["none", 52, "upper", 3.25]
    assert table.iloc[-1].tolist() == ["course", 41, "primary", 8.72]
    assert table["program"].value_counts().to_dict() == {
        "none": 1062,
        "course": 500,
        "subsidy": 438,
    }
    assert table["education"].value_counts().to_dict() == {"primary": 1014, "upper": 986}
    assert table["age"].agg(["min", "max", "sum"]).tolist() == [20, 59, 78250]
    assert table["earnings"].sum() == pytest.approx(10276.66)
    gain = table["earnings"] - table["age"] / 10 - (table["education"] == "upper")
    by = gain.groupby(table["program"])
    assert by.mean()[["none", "course", "subsidy"]].tolist() == pytest.approx([0, 2, 1], abs=0.2)
    assert by.std().tolist() == pytest.approx([2, 2, 2], abs=0.2)
    course = (table["program"] == "course").groupby(table["age"] < 40).mean()
    assert course.tolist() == pytest.approx([0.3 / 1.7, 0.6 / 2.0], abs=0.03)


def test_the_folder_is_made_and_what_is_there_is_listed(tmp_path: Path, monkeypatch) -> None:
    seen = []

    def examples(module) -> object:
        seen.append(Path.cwd())
        Path("drawn.png").touch()
        return example.doctest.TestResults(failed=0, attempted=3)

    monkeypatch.setattr(example.doctest, "testmod", examples)
    folder = tmp_path / "new" / "files"
    for _ in range(2):  # files of an earlier time are written anew
        found = example.write(folder)
    names = ["drawn.png", "panel.csv", "people.csv", "programs.csv"]
    assert found == [folder / name for name in names]
    assert seen == [folder] * 2
    assert pd.read_csv(folder / "panel.csv").equals(example.panel())
    assert pd.read_csv(folder / "people.csv", dtype={"office": str}).equals(example.people())
    assert pd.read_csv(folder / "programs.csv").equals(example.programs())


def test_an_example_that_goes_wrong_is_told(tmp_path: Path, monkeypatch) -> None:
    results = example.doctest.TestResults(failed=2, attempted=3)
    asked = []
    monkeypatch.setattr(example.doctest, "testmod", lambda of: asked.append(of) or results)
    with pytest.raises(ParameterError) as raised:
        example.write(tmp_path)
    assert str(raised.value) == f"{tmp_path}: 2 of 3 examples went wrong"
    assert asked == [example.frames]
