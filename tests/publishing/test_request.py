"""Release by two: what is asked for, who may approve it, and what is refused afterwards."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ParameterError
from naveval.publishing import request as release
from naveval.publishing.audit.faults import Fault
from naveval.publishing.request import PublishError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "resultat"
    (made / "figures").mkdir(parents=True)
    (made / "estimates.csv").write_text("a\n1\n")
    (made / "report.html").write_text("<html></html>")
    (made / "figures/fig-1.png").write_bytes(b"x")
    return made


def ask(folder: Path, *faults: Fault, by: str = "Kari") -> release.Request:
    return release.request(folder, by=by, check=lambda _: faults, now="2026-11-27T12:00:00+00:00")


def sign(folder: Path, by: str = "Ola", *reviewed: str) -> release.Request:
    return release.approve(folder, by=by, reviewed=reviewed or ("figures/*.png",))


def test_every_file_has_status_reason_and_checksum(folder: Path) -> None:
    (folder / "data.parquet").write_bytes(b"x")
    made = ask(folder, Fault("disclosure", "estimates.csv", "person ids (2)"))
    found = {entry.file: entry.status for entry in made.entries}
    assert found == {
        "data.parquet": "fail",
        "estimates.csv": "fail",
        "figures/fig-1.png": "review",
        "report.html": "pass",
    }
    for entry in made.entries:
        content = (folder / entry.file).read_bytes()
        assert (entry.sha256, entry.size) == (release.fingerprint(content), len(content))
        assert entry.reason
    told = release.summary(made)
    assert "fail  estimates.csv" in told
    assert told.endswith("4 files: 1 pass, 1 review, 2 fail; requested by Kari")
    assert release.read(folder) == made


def test_what_two_have_signed_may_leave(folder: Path) -> None:
    made = ask(folder)
    sign(folder)
    assert release.approved(folder) == {entry.file: entry.sha256 for entry in made.entries}


@pytest.mark.parametrize("name", ["Kari", "kari", "  KARI "])
def test_nobody_approves_what_they_asked_for(folder: Path, name: str) -> None:
    ask(folder)
    with pytest.raises(PublishError, match="requested by Kari, who may not approve it too"):
        sign(folder, name)
    with pytest.raises(PublishError, match="not approved"):
        release.approved(folder)


def test_what_failed_or_was_not_looked_at_is_not_approved(folder: Path) -> None:
    with pytest.raises(PublishError, match="not requested"):
        sign(folder)
    ask(folder)
    with pytest.raises(PublishError, match=r"1 file\(s\) to be looked at: figures/fig-1\.png"):
        release.approve(folder, by="Ola")
    ask(folder, Fault("axe", "report.html", "no title"))
    with pytest.raises(PublishError, match=r"1 file\(s\) failed: report\.html \(no title\)"):
        sign(folder)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("what", ["changed", "new", "missing"])
def test_a_folder_that_is_not_what_was_asked_for_is_refused(
    folder: Path, what: str, signed: bool
) -> None:
    ask(folder)
    if signed:
        sign(folder)
    file = folder / ("ny.csv" if what == "new" else "estimates.csv")
    file.unlink() if what == "missing" else file.write_text("b\n")
    with pytest.raises(PublishError, match=rf"not what was requested \({what}: {file.name}\)"):
        release.approved(folder) if signed else sign(folder)


def test_a_request_changed_after_the_approval_is_refused(folder: Path) -> None:
    ask(folder)
    sign(folder)
    file = folder / release.REQUEST_FILE
    content = json.loads(file.read_text())
    content["entries"] = content["entries"][:2]
    file.write_text(json.dumps(content))
    with pytest.raises(PublishError, match="the request was changed after it was approved"):
        release.approved(folder)
    ask(folder)
    with pytest.raises(PublishError, match="not approved"):
        release.approved(folder)
    file.write_text("[]")
    with pytest.raises(PublishError, match="cannot be read"):
        release.approved(folder)


def test_faults_of_no_file_stop_a_request(folder: Path) -> None:
    with pytest.raises(PublishError, match="elsewhere: person ids"):
        ask(folder, Fault("disclosure", "elsewhere", "person ids (1)"))
    with pytest.raises(ParameterError, match="--by"):
        ask(folder, by=" ")
    with pytest.raises(ParameterError, match="no such folder"):
        ask(folder / "nei")


def test_a_file_that_changes_while_it_is_looked_at_is_refused(folder: Path) -> None:
    def change(asked: Path) -> list[Fault]:
        (asked / "estimates.csv").write_text("a\n2\n")
        return []

    with pytest.raises(PublishError, match=r"estimates\.csv: was changed while"):
        release.request(folder, by="Kari", check=change)
    assert not (folder / release.REQUEST_FILE).exists()


def test_commands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("naveval.publishing.audit.folder.faults_of_release", lambda _, told: [])
    run = CliRunner().invoke
    asked = run(cli.main, ["request", str(folder), "--by", "Kari"])
    assert asked.exit_code == 0, asked.output
    assert "3 files: 2 pass, 1 review, 0 fail; requested by Kari" in asked.output
    refused = run(cli.main, ["approve", str(folder), "--by", "Ola"])
    assert refused.exit_code == 1
    assert "--reviewed" in refused.stderr
    done = run(cli.main, ["approve", str(folder), "--by", "Ola", "--reviewed", "figures/*"])
    assert done.exit_code == 0
    assert "3 files, requested by Kari, may be published" in done.output
    (folder / "data.parquet").write_bytes(b"x")
    assert run(cli.main, ["request", str(folder), "--by", "Kari"]).exit_code == 1
