"""Disclosure control in the studies' own results: small cells planted, every file searched."""

import json
import re
import shutil
import zlib
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.disclosure.scan.folder import scan
from naveval.project import parameters, places
from naveval.project.errors import DisclosureError
from naveval.publishing import markdown
from naveval.publishing.audit import folder as audit
from naveval.publishing.audit.ids import person_ids
from naveval.running import run as runs

FEW = 5
COUNT_COLUMN = re.compile(r"n|n_(?!obs$|clusters$|units$|trimmed$|clipped$).*|.*_n|with|without")


# `naveval render` refuses


def finished(folder: Path, data: Path | None = None) -> Path:
    """A finished folder without anything forbidden."""
    (folder / "figures").mkdir(parents=True)
    (folder / "tables").mkdir()
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell("x", outputs=[])]
    nbformat.write(book, folder / "executed.ipynb")
    (folder / "tables" / "tbl-1.csv").write_text("county,n\n03,40\n11,:\n")
    made = {"study": "hedmark", "parameters": {"county": "04", "data": str(data or "")}}
    (folder / "manifest.json").write_text(json.dumps(made))
    return folder


def plant(folder: Path, where: str, text: str) -> None:
    if where == "executed.ipynb":
        book = nbformat.read(folder / where, as_version=4)
        data = {"text/html": text, "text/plain": text}
        book.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
        nbformat.write(book, folder / where)
    elif where.endswith(".png"):
        body = b"Comment\0" + text.encode()
        chunk = len(body).to_bytes(4, "big") + b"tEXt" + body
        crc = zlib.crc32(b"tEXt" + body).to_bytes(4, "big")
        (folder / where).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + crc)
    else:
        (folder / where).write_text(text)


ID = "912345678"
SMALL = "<table><tr><th>fylke</th><th>n_treated</th></tr><tr><td>Oslo</td><td>3</td></tr></table>"
PLANTED = {
    "id in a notebook": ("executed.ipynb", f"<p>{ID}</p>"),
    "id in a table": ("tables/tbl-1.csv", f"county,x\n03,{ID}\n"),
    "id in a picture": ("figures/fig-1.png", ID),
    "id in a page": ("page.html", f"<p>{ID}</p>"),
    "count in a notebook": ("executed.ipynb", SMALL),
    "count in a table": ("tables/tbl-1.csv", "month,n_treated\n2014-01,4\n"),
    "count in estimates": ("estimates.csv", "label,n_persons\ntbl-1,2\n"),
    "count in a page": ("page.html", SMALL),
    "microdata": ("tables/person.parquet", "PAR1"),
}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register extract with one person, whose id is a long number."""
    folder = tmp_path_factory.mktemp("extract")
    (folder / "job_seekers.csv").write_text(f"person,county\n{ID},04\n")
    (folder / "labour_force.csv").write_text("county,persons\n04,90000\n")
    return folder


@pytest.mark.parametrize("name", PLANTED)
def test_render_refuses_a_folder_with_something_planted(
    name: str, tmp_path: Path, extract: Path
) -> None:
    folder = finished(tmp_path / "report", extract)
    assert scan(folder, person_ids(folder)) == []
    assert person_ids(folder) == {ID}
    plant(folder, *PLANTED[name])
    result = CliRunner().invoke(cli.main, ["render", str(folder), "--to", "html"])
    assert result.exit_code == DisclosureError.exit_code
    assert "not for publication" in result.output
    assert PLANTED[name][0] in result.output
    assert ID not in result.output
    assert not (folder / "report.html").exists()


def test_audit_searches_for_the_ids_behind_a_result_and_behind_a_site(
    tmp_path: Path, extract: Path
) -> None:
    folder = finished(tmp_path / "followup" / "56-finnmark", extract)
    (folder / "tables" / "x.csv").write_text(f"a,b\n{ID},1\n")
    (folder / "estimates.csv").touch()
    faults = audit.audit(folder, checks=("disclosure",)).faults
    assert [(fault.file, fault.message) for fault in faults] == [("tables/x.csv", "person id (1)")]
    site = tmp_path / "site" / "followup" / "56-finnmark"
    shutil.copytree(folder, site, ignore=shutil.ignore_patterns("manifest.json"))
    faults = audit.audit(tmp_path / "site", checks=("disclosure",)).faults
    assert [fault.file for fault in faults] == ["followup/56-finnmark/tables/x.csv"]


def test_no_ids_of_simulated_persons_are_searched(tmp_path: Path) -> None:
    assert person_ids(finished(tmp_path / "report")) == frozenset()


# Whole reports on small registers


def captions(text: str) -> list[str]:
    """Captions of tables and figures, and alt texts."""
    tables = re.findall(r"^: (.*) \{#tbl-(?!parameters|data|versions)[\w-]+\}$", text, re.MULTILINE)
    pictures = re.findall(
        r'^!\[(.*?)\]\(figures/.*?\)\{#fig-[\w-]+ fig-alt="(.*?)"\}',
        text,
        re.MULTILINE,
    )
    return [*tables, *(caption for caption, _ in pictures)]


STUDIES = {
    "followup": ({"scale": 0.02, "draws": 100}, ("55", "56")),
    "indicator": ({"scale": 0.002, "person_groups": 100, "draws": 200}, ("34", "56")),
    "programs": ({"scale": 0.005, "parts": ["participants", "outcomes"]}, ("55", "56")),
}


@pytest.fixture(scope="module", params=STUDIES)
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Text and result folder of two small counties, each run whole."""
    settings, codes = STUDIES[request.param]
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(tmp_path_factory.mktemp(request.param)))
        for code in codes:
            own = parameters.load(request.param, changes=settings | {"county": code})
            folder = runs.run(request.param, own, tells="nothing").folder
            parts = markdown.parts(folder / "executed.ipynb")
            found[code] = ("\n\n".join(part.text for part in parts), folder)
    return found


@pytest.mark.slow
def test_no_count_under_five_in_any_file_of_a_small_county(reports) -> None:
    for _, folder in reports.values():
        assert [str(found) for found in scan(folder)] == []
        for file in [*folder.glob("figures/*.csv"), *folder.glob("tables/*.csv")]:
            if file.stem in ("tbl-parameters", "tbl-data", "tbl-versions"):
                continue
            frame = pd.read_csv(file, na_values=[":"])
            numbers = frame.select_dtypes(exclude="bool").columns
            for column in filter(COUNT_COLUMN.fullmatch, numbers):
                values = pd.to_numeric(frame[column], errors="coerce").dropna()
                assert not values.between(1, FEW - 1).any(), (file.name, column)
        table = pd.read_csv(folder / "estimates.csv", keep_default_na=False, na_values=[""])
        assert not table["n_persons"].between(1, FEW - 1).any()
        log = pd.read_csv(folder / "disclosure.csv", dtype=str, keep_default_na=False)
        assert log["rule"].isin(["described", "model"]).any()


@pytest.mark.slow
def test_reports_of_two_counties_are_about_their_own(reports) -> None:
    for code, (text, _) in reports.items():
        own = places.name(code)
        other = next(places.name(name) for name in reports if name != code)
        assert own in text
        named = captions(text)
        assert len(named) > 5
        for caption in named:
            assert other not in caption, caption
        # The others are about the national model, or compare counties or published figures; they
        # are most of what is left where a county's own are left out for few persons.
        assert np.mean([own in caption for caption in named]) > 0.2


@pytest.mark.slow
def test_reports_of_two_counties_share_no_file(reports) -> None:
    """Equal pictures are of the national model, or of nothing: most values hidden in both."""
    (text, first), (_, second) = reports.values()
    assert not first.samefile(second)
    own = places.name(next(iter(reports)))
    for file in first.glob("figures/*.png"):
        other = second / file.relative_to(first)
        caption = re.search(rf"^!\[(.*?)\]\(figures/{re.escape(file.name)}", text, re.MULTILINE)
        assert caption, file.name
        if other.exists() and file.read_bytes() == other.read_bytes() and own in caption[1]:
            frame = pd.read_csv(file.with_suffix(".csv"), na_values=[":"])
            values = frame[[name for name in ("value", "estimate", "ci_low") if name in frame]]
            assert values.notna().to_numpy().sum() <= values.size / 2, file.name
