"""Many runs: past failures, in parallel, within memory, and cleanly interrupted."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pypdfium2
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.exhibits import manifest
from naveval.project import places
from naveval.project.errors import ParameterError
from naveval.running import batch as batches
from naveval.running import dask, progress
from naveval.running import jobs as batch_jobs
from naveval.running.batch import batch, county_codes, summary


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))


def script(text: str) -> list[list[str]]:
    return [[sys.executable, "-c", text]]


def test_counties_follow_the_study():
    assert county_codes("hedmark", None) == list(places.codes(2014))
    assert county_codes("followup", None) == list(places.codes(2024))
    assert county_codes("followup", ["03", "03", ""]) == ["03", ""]
    assert county_codes("hedmark", ["03", "34", "04"]) == ["03", "04", "05"]
    with pytest.raises(ParameterError, match=r"hedmark: unknown county '99'"):
        county_codes("hedmark", ["99"])
    with pytest.raises(ParameterError, match=r"followup: unknown county '04'.*Innlandet"):
        county_codes("followup", ["04"])
    with pytest.raises(ParameterError, match=r"unknown study «oslo»; allowed: "):
        batch(["oslo"])
    with pytest.raises(ParameterError, match="at least 1"):
        batch(["hedmark"], jobs=0)


def test_failures_are_told_and_stop_nothing():
    def command(study: str, code: str, folder: Path) -> list[list[str]]:
        if code == "03":
            text = "import sys; print('naveval: job_seekers.csv: 3 rows\\n more'); sys.exit(3)"
            return script(f"print('noise'); {text}")
        if code == "11":
            return script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        made = f"import pathlib; p = pathlib.Path({str(folder)!r}); p.mkdir(parents=True)"
        return [
            *script(made),
            *script(f"import pathlib; pathlib.Path({str(folder / 'x')!r}).touch()"),
        ]

    found = batch(["hedmark"], ["03", "04", "11"], command=command, tells="nothing")
    assert [item.status for item in found] == ["failed", "ok", "failed"]
    assert found[0].reason == "job_seekers.csv: 3 rows\n more"
    assert found[2].reason.startswith("ended by signal SIGKILL")
    assert (found[1].folder / "x").exists()
    text = summary(found)
    assert "03-oslo                  failed" in text
    assert "job_seekers.csv: 3 rows …" in text
    assert "3 runs: 1 ok, 2 failed, 0 current" in text


def test_jobs_run_at_the_same_time():
    start = time.monotonic()
    sleep = script("import time; time.sleep(1.0)")
    found = batch(
        ["hedmark"], ["01", "02", "03", "04"], jobs=4, command=lambda *a: sleep, tells="nothing"
    )
    assert all(item.ok for item in found)
    assert time.monotonic() - start < 3.5


def test_one_of_each_study_begins_then_what_takes_longest(tmp_path):
    begun = tmp_path / "begun"

    def command(study: str, code: str, folder: Path) -> list[list[str]]:
        return script(f"open({str(begun)!r}, 'a').write('{study}-{code} ')")

    def order() -> list[str]:
        begun.unlink(missing_ok=True)
        studies, codes = ["followup", "programs"], ["03", "11"]
        found = batch(studies, codes, jobs=1, command=command, tells="nothing")
        assert [item.study for item in found] == ["followup"] * 2 + ["programs"] * 2
        return begun.read_text().split()

    known = tmp_path / "_cache" / "durations.json"
    assert order() == ["programs-03", "followup-03", "programs-11", "followup-11"]
    known.unlink()
    known.write_text('{"followup county run": 9.0, "programs county run": 1.0}')
    assert order() == ["followup-03", "programs-03", "followup-11", "programs-11"]


def test_run_over_its_memory_fails_alone():
    def command(study: str, code: str, folder: Path) -> list[list[str]]:
        grab = "x = bytearray(400_000_000); " if code == "03" else ""
        return script(f"import time; {grab}time.sleep({5 if grab else 0.1})")

    found = batch(["hedmark"], ["03", "04"], command=command, memory_mb=200, tells="nothing")
    assert [item.status for item in found] == ["failed", "ok"]
    assert found[0].reason == "needed more than its 200 MB of memory; try fewer jobs"


@pytest.fixture(scope="module")
def cluster():
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as found:
        yield found


def test_dask_workers_make_the_runs(cluster, tmp_path):
    def command(study: str, code: str, folder: Path) -> list[list[str]]:
        if code == "03":
            return script("import sys; print('naveval: a reason'); sys.exit(4)")
        if code == "04":
            return script("import time; x = bytearray(400_000_000); time.sleep(60)")
        return [
            *script("import os; print(os.environ['NAVEVAL_OUT'], os.environ['NAVEVAL_THREADS'])"),
            *script(f"import pathlib; pathlib.Path({str(tmp_path / code)!r}).touch()"),
        ]

    address = cluster.scheduler_address
    options = {"command": command, "tells": "nothing", "memory_mb": 200, "scheduler": address}
    found = batch(["hedmark"], ["01", "03", "04", "05"], **options)
    assert [item.status for item in found] == ["ok", "failed", "failed", "ok"]
    assert found[1].reason == "a reason"
    assert found[2].reason == "needed more than its 200 MB of memory; try fewer jobs"
    assert (tmp_path / "01").exists()
    assert (tmp_path / "05").exists()
    assert str(tmp_path) in (tmp_path / "_logs" / "hedmark-01-ostfold.log").read_text()


def test_dask_keeps_to_the_number_of_jobs(cluster, tmp_path):
    log = str(tmp_path / "times")
    text = f"import time; a = time.time(); time.sleep(0.5); f = open({log!r}, 'a'); "
    text += "f.write(f'{a} {time.time()}' + chr(10))"
    address = cluster.scheduler_address
    options = {"command": lambda *a: script(text), "tells": "nothing", "scheduler": address}
    assert all(item.ok for item in batch(["hedmark"], ["01", "03", "04"], jobs=1, **options))
    times = sorted([float(x) for x in line.split()] for line in Path(log).read_text().splitlines())
    assert len(times) == 3
    assert times[0][1] <= times[1][0]
    assert times[1][1] <= times[2][0]


HASHED = (manifest.FILE, "ro-crate-metadata.json")  # hashes of PDFs, which hold times


def without_times(file: Path) -> object:
    """What a file holds, whenever it was made: of PDFs the pages' text."""
    if file.suffix == ".pdf":
        return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file)]
    return re.sub(rb"\d{4}-\d\d-\d\dT[\d:.+Z-]+", b"", file.read_bytes())


@pytest.mark.slow
def test_two_dask_workers_give_the_same_files(tmp_path, monkeypatch):
    import distributed

    made: dict[str, dict[str, bytes]] = {}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as two:
        for name, scheduler in (("here", ""), ("there", two.scheduler_address)):
            monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / name))
            options = {"changes": {"scale": 0.05}, "to": ("html", "pdf"), "engine": "builtin"}
            found = batch(
                ["followup"], ["03", "11"], tells="nothing", scheduler=scheduler, **options
            )
            assert [item.status for item in found] == ["ok", "ok"]
            made[name] = {
                file.relative_to(tmp_path / name).as_posix(): without_times(file)
                for item in found
                for file in sorted(item.folder.rglob("*"))
                if file.is_file() and file.name not in HASHED
            }
    assert len(made["here"]) > 100
    assert made["here"] == made["there"]


def test_ending_a_batch_ends_its_runs_on_dask_workers(cluster, tmp_path):
    pid = tmp_path / "pid"
    text = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    quick = f"import os, time\nwhile not os.path.exists({str(pid)!r}): time.sleep(0.1)"
    jobs = [
        batch_jobs.Job("hedmark", code, tmp_path, script(source))
        for code, source in (("03", text), ("04", quick))
    ]
    found = dask.work(jobs, cluster.scheduler_address, 2, None)
    job, outcome, _ = next(found)
    assert (job.county, outcome) == ("04", "")
    found.close()
    started = psutil.Process(int(pid.read_text()))
    started.wait(timeout=30)


def test_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE", 1.0)
    with pytest.raises(ParameterError, match="no Dask scheduler answers"):
        batch(
            ["hedmark"],
            ["03"],
            command=lambda *a: script("pass"),
            tells="nothing",
            scheduler="tcp://127.0.0.1:9",
        )


def test_resume_skips_what_is_current(monkeypatch, capsys):
    monkeypatch.setattr(manifest, "data_fingerprint", lambda *a: {"t": 1})
    monkeypatch.setattr(manifest, "code_hash", lambda study: "code")
    monkeypatch.setattr(batch_jobs, "naveval", lambda *a: script("pass")[0])
    first = batch(["hedmark"], ["03", "04"], resume=True, tells="nothing")
    assert [item.status for item in first] == ["ok", "ok"]
    chosen = batches.parameters.load("hedmark", None, {"county": "03"})
    first[0].folder.mkdir(parents=True)
    content = {**manifest.describe("hedmark", chosen, {"t": 1}), "complete": True}
    manifest.write(first[0].folder, content)
    progress.keep({"hedmark county run": [900.0]})
    again = batch(["hedmark"], ["03", "04"], resume=True, tells="lines")
    assert [item.status for item in again] == ["skipped", "ok"]
    assert again[0].ok
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["2 runs: looks for what is current", "1 of 2 are current, 1 to do"]
    batch(["hedmark"], ["03"], resume=True, tells="lines")
    said = capsys.readouterr().err
    assert "1 of 1 are current, 0 to do" in said
    assert "left" not in said
    rendered = batch(["hedmark"], ["03"], resume=True, to=["html"], tells="nothing")
    assert [item.status for item in rendered] == ["ok"]
    monkeypatch.setattr(manifest, "data_fingerprint", lambda *a: {"t": 2})
    changed = batch(["hedmark"], ["03"], resume=True, tells="nothing")
    assert [item.status for item in changed] == ["ok"]


def test_a_step_that_is_current_announces_no_time(tmp_path, capsys):
    progress.keep({"site": [900.0]})
    progress.timed("site", "lines", lambda step: tmp_path)
    assert capsys.readouterr().err == "site: current\n"
    assert progress.durations() == {"site": 900.0}

    def make(step):
        step("pages")
        return tmp_path

    assert progress.timed("site", "lines", make) == tmp_path
    assert capsys.readouterr().err == "site: begins, about 15 min\n  pages\n"
    assert progress.durations()["site"] < 900


@pytest.mark.usefixtures("owner_secret")
def test_bad_registers_fail_with_the_reason(tmp_path):
    (tmp_path / "registers").mkdir()
    changes = {"data": str(tmp_path / "registers")}
    found = batch(["hedmark"], ["03"], changes=changes, tells="nothing")
    assert found[0].status == "failed"
    assert "table is missing in" in found[0].reason


INTERRUPTED = """
import signal
import sys
from naveval.running import batch
# Whoever starts the tests in the background has this signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
child = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', "
child += "'import time; time.sleep(60)'], start_new_session=True); "
child += "open(sys.argv[1], 'a').write(str(p.pid) + chr(10)); time.sleep(60)"
command = lambda *a: [[sys.executable, "-c", child, sys.argv[1]]]
try:
    batch.batch(["hedmark"], ["03", "04", "11"], jobs=2, command=command, tells="nothing")
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_every_process(tmp_path, number):
    pids = tmp_path / "pids"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(pids)], start_new_session=True, env=os.environ
    )
    deadline = time.monotonic() + 120
    while not (pids.exists() and pids.read_text().count("\n") == 2):
        assert time.monotonic() < deadline, "the jobs did not start"
        time.sleep(0.1)
    time.sleep(0.6)
    process.send_signal(number)
    assert process.wait(timeout=40) == 130
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    time.sleep(0.3)
    alive = [pid for pid in started if psutil.pid_exists(pid)]
    assert all(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE for pid in alive)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--to", "docx"), "--to: docx: expected html, pdf or html,pdf"),
        (("--set", "county=04"), "county: a batch makes the counties of --counties"),
    ],
)
def test_what_no_batch_can_make_is_refused_before_it_begins(given, message) -> None:
    done = CliRunner().invoke(cli.main, ["batch", "hedmark", *given])
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.parametrize(
    ("to", "named"), [("html,", "nothing"), ("none", "none"), ("docx", "docx")]
)
def test_what_is_no_report_is_not_rendered(to: str, named: str) -> None:
    done = CliRunner().invoke(cli.main, ["render", "--to", to, "nowhere"])
    assert done.exit_code == 2
    assert f"--to: {named}: expected html, pdf or html,pdf" in done.stderr
