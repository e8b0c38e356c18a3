"""What a run was made of."""

from pathlib import Path

import pytest

from naveval.exhibits import manifest, words
from naveval.exhibits.output import Output
from naveval.project import catalogue, formats, places, provenance
from naveval.project.parameters import load
from naveval.registers.contracts import Warned


@pytest.mark.parametrize("study", catalogue.names())
def test_code_of_a_run_is_what_its_notebook_uses(study: str) -> None:
    found = provenance.closure(manifest.start_modules(study))
    own = f"naveval.studies.{study}."
    assert {"naveval.exhibits.markdown", "naveval.exhibits.figures", f"{own}parameters"} <= found
    assert not {
        name for name in found if name.startswith(("naveval.publishing", "naveval.running"))
    }
    in_studies = {name for name in found if name.startswith("naveval.studies.")}
    assert {name for name in in_studies if not name.startswith(own)} <= {own.rstrip(".")}


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("report/texts/common.yml", True),
        ("report/texts/hedmark/headlines.yml", True),
        ("report/texts/hedmark/summary.yml", True),
        ("report/texts/hedmark/site.yml", False),
        ("params/disclosure.yml", True),
        ("params/followup.yml", False),
        ("report/texts/followup/summary.yml", False),
        ("report/theme/report.css", False),
    ],
)
def test_code_hash_changes_with_what_decides_the_study(
    project: Path, file: str, matters: bool
) -> None:
    before = manifest.code_hash("hedmark")
    with (project / file).open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")
    assert (manifest.code_hash("hedmark") != before) == matters


def test_incomplete_or_unreadable_manifest_is_not_current(tmp_path: Path) -> None:
    described = {"study": "hedmark", "seed": 1}
    assert not manifest.is_current(tmp_path, described)
    manifest.write(tmp_path, {**described, "complete": False})
    assert not manifest.is_current(tmp_path, described)
    manifest.write(tmp_path, {**described, "complete": True})
    assert manifest.is_current(tmp_path, described)
    assert not manifest.is_current(tmp_path, {**described, "seed": 2})
    (tmp_path / manifest.FILE).write_text("{", encoding="utf-8")
    assert not manifest.is_current(tmp_path, described)


def test_rows_of_registers_are_told_to_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two editions' exact rows would tell how many persons came between them."""
    exact = {"persons": {"sha256": "a1", "rows": 9953}, "spells": {"sha256": "b2", "rows": 4}}
    monkeypatch.setattr(manifest.reading, "fingerprint", lambda folder, tables: exact)
    parameters = catalogue.module("hedmark", "parameters").Parameters(data="registers")
    monkeypatch.setattr(manifest.extracts, "folder", lambda study, parameters: Path("registers"))
    found = manifest.data_fingerprint("hedmark", parameters)
    assert {name: one["rows"] for name, one in found.items()} == {"persons": 9950, "spells": 0}
    assert {name: one["sha256"] for name, one in found.items()} == {"persons": "a1", "spells": "b2"}


@pytest.mark.parametrize(
    ("changes", "mixed"),
    [({}, True), ({"effects": "estimated"}, False), ({"parts": ("participants",)}, False)],
)
def test_the_notice_says_when_only_some_results_are_simulated(
    tmp_path: Path, changes: dict[str, object], mixed: bool
) -> None:
    parameters = load("programs", changes=changes)
    output = Output("programs", places.place(""), tmp_path, "simulated", words.load("programs"))
    told = manifest.report_metadata(
        output, mixed=parameters.mixed(), scale=parameters.simulated_scale()
    )["banner"]
    some, every = (output.texts["banners"][kind].strip() for kind in ("mixed", "simulated"))
    assert told.startswith(some if mixed else every)
    assert formats.size(parameters.scale) in told


def test_the_notice_tells_of_registers_that_may_be_wrong(tmp_path: Path) -> None:
    output = Output("hedmark", places.place(""), tmp_path, "register", words.load("hedmark"))
    warned = (Warned("labour_force", "", "x"), Warned("job_seekers", "2016-01", "y"))
    told = manifest.report_metadata(output, warned)["banner"]
    assert "labour_force er det tall" in told
    assert "job_seekers endrer seg brått og varig (2016-01)" in told
