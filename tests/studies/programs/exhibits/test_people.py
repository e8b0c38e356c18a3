"""Parts 1 and 2 of the programme report, from registers to result folder, in this process."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from notebook_cells import run
from programs_registers import folder
from undrawn import leave_undrawn

from naveval.exhibits import figures, words
from naveval.project import paths
from naveval.studies.programs.exhibits import common, outcomes, participants


@pytest.fixture(scope="module", params=["", "34"])
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, str]]:
    out = tmp_path_factory.mktemp("people")
    settings = {
        "data": str(folder()),
        "county": request.param,
        "parts": ["participants", "outcomes"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(out))
        patch.setattr(figures, "DPI", 40)
        # A county's figures are drawn as the country's, and those of phones as those of pages.
        leave_undrawn(patch, only_phone=not request.param)
        blocks, _ = run("programs", out / "result", settings, ("participants", "outcomes"))
    return request.param, out / "result", {source: block.markdown for source, block in blocks}


def test_every_exhibit_is_shown_or_says_why_not(shown: tuple[str, Path, dict[str, str]]) -> None:
    county, result, markdown = shown
    for exhibit in (*participants.EXHIBITS, *outcomes.EXHIBITS):
        text = markdown[f'study.show("{exhibit.label}", results)']
        kind = "tables" if exhibit.label.startswith("tbl") else "figures"
        written = (result / kind / f"{exhibit.label}.csv").exists()
        assert written == (f"{{#{exhibit.label}" in text), exhibit.label
        assert not re.search(r"\bnan\b", text), exhibit.label
        if not written and exhibit.view is not None:
            assert text.strip() or county, exhibit.label


def test_a_caption_announces_as_many_panels_as_there_are(
    shown: tuple[str, Path, dict[str, str]],
) -> None:
    _, result, markdown = shown
    for label, wanted in (
        ("fig-5-2", outcomes.FIRST_PROGRAMS),
        ("fig-5-3", outcomes.SECOND_PROGRAMS),
    ):
        file = result / "figures" / f"{label}.csv"
        text = markdown[f'study.show("{label}", results)']
        if not file.exists():
            assert "ikke vist" in text
            continue
        groups = set(pd.read_csv(file)["group"])
        assert f"siden start, {len(groups)} " in text
        assert [name for name in set(wanted) - groups if name.lower() not in text.lower()] == []


@pytest.mark.parametrize(
    ("persons", "wanted"), [((900, 900), "apart"), ((90, 90), "near"), ((900,), "")]
)
def test_a_title_names_the_ends_of_groups_only_where_they_differ_beyond_chance(
    persons: tuple[int, ...], wanted: str
) -> None:
    rows = pd.DataFrame(
        {
            "group": ["AFT", "AMO"][: len(persons)],
            "k": outcomes.END,
            "state": "aap",
            "n": persons,
            "n_state": [count // 3 for count in persons],
            "percent": [30.0, 40.0][: len(persons)],
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcomes, "at_end", lambda reader, _: reader.rows.set_index("group").percent)
        found = outcomes.apart(("aap",), SimpleNamespace(rows=rows))
    assert found == wanted


def test_printed_numbers_stand_beside_those_of_the_country_alone(
    shown: tuple[str, Path, dict[str, str]],
) -> None:
    county, result, markdown = shown
    assert ("Publisert" in markdown['study.show("tbl-4-2", results)']) == (not county)
    table = pd.read_csv(result / "estimates.csv", dtype={"category": str, "month": str})
    women = table[(table["label"] == "tbl-4-2") & (table["category"] == "woman")]
    women = women[women["population"] == "first"].iloc[0]
    if county:
        assert table["published"].isna().all()
    else:
        assert women["published"] == 45.2
        assert women["difference"] == pytest.approx(women["estimate"] - 45.2)
        mean = table[(table["label"] == "tbl-4-5") & (table["month"] == "mean")]
        assert mean["published"].notna().sum() == 1 + 7 + 6 + 4 + 3
        assert (mean["unit"] == "months").all()


def test_no_small_count_leaves_and_a_zero_is_not_told_from_a_few(
    shown: tuple[str, Path, dict[str, str]],
) -> None:
    _, result, markdown = shown
    table = pd.read_csv(result / "estimates.csv")
    assert not table["n_persons"].between(1, 4).any()
    assert "0–5" in markdown['study.show("tbl-b-2", results)']
    for file in [*result.glob("figures/*.csv"), *result.glob("tables/tbl-[4b]-*.csv")]:
        frame = pd.read_csv(file)
        counts = {name for name in frame if re.fullmatch(r"n(_[a-z]+)?", name)}
        for name in counts - {"n_few", "n_printed", "n_noisy"}:
            assert not pd.to_numeric(frame[name], errors="coerce").between(1, 4).any(), file.name
    log = pd.read_csv(result / "disclosure.csv", dtype=str)
    assert log["label"].is_unique


def test_headlines_hold_what_the_front_page_asks_for(
    shown: tuple[str, Path, dict[str, str]],
) -> None:
    county, result, markdown = shown
    listed = words.load("programs")["headlines"]
    order = 1 + [one["text"] for one in listed].index("participants-summary")
    kept = json.loads((result / "headlines.json").read_text())
    assert (str(order) in kept) == bool(county)
    if county:
        summary = markdown['study.show("participants-summary", results)']
        assert kept[str(order)]["text"] in summary
    assert paths.notebook("programs").exists()


def starters(lead: float, persons: int, groups: int = 1) -> pd.DataFrame:
    """Groups in which AMO leads AFT by so many per cent of the group's persons."""
    rows = [
        {"characteristic": "sex", "category": str(k), "program": name, "percent": percent}
        for k in range(groups)
        for name, percent in (("AMO", 30 + lead), ("AFT", 30.0), ("Jobbklubb", 10.0))
    ]
    frame = pd.DataFrame(rows).assign(total=persons)
    return frame.assign(n=frame["percent"] * persons / 100)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (starters(5, 20_000), "AMO"),
        (starters(5, 300), ""),  # three standard errors would be needed
        (starters(0, 20_000), ""),
        (starters(2.0, 20_000), "AMO"),
        (starters(2.0, 20_000, groups=4_000), ""),  # the more groups, the more it takes
    ],
)
def test_the_most_usual_programme_is_told_where_chance_does_not_explain_it(
    rows: pd.DataFrame, wanted: str
) -> None:
    assert set(common.modal(rows)) == {wanted}
