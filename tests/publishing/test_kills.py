"""Renders and sites that are killed, or made while results are replaced, never mix."""

import itertools
import json
import multiprocessing
import shutil
from pathlib import Path
from typing import Any

import killing
import pytest
from render_sample import make_sample
from site_sample import make_result

from naveval.exhibits import manifest
from naveval.project import store
from naveval.project.errors import RenderError
from naveval.publishing import builtin, render
from naveval.publishing.site import build


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports and pages that say what they were made from, without Pandoc and Typst."""

    def make(name, jobs, folder, temporary, report):
        ((_, kind, _),) = jobs
        made = temporary / f"report.{kind}"
        made.write_text(f"{kind} of {(folder / render.EXECUTED).read_text(encoding='utf-8')}")
        return [made]

    def page(markdown, metadata, work, report):
        made = work / "report.html"
        made.write_text(
            f'<html><head></head><body><main id="innhold">{markdown}</main>'
            '<footer class="page-foot"></footer></body></html>',
            encoding="utf-8",
        )
        return made

    monkeypatch.setattr(render, "make", make)
    monkeypatch.setattr(builtin, "describe", lambda: "engine")
    monkeypatch.setattr(builtin, "to_html", page)
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))


def change(folder: Path, text: str) -> None:
    """Replace the result as a run does: another notebook, and no report yet."""
    with store.staged(folder) as work:
        made = work / folder.name
        shutil.copytree(folder, made, ignore=shutil.ignore_patterns("report.*"))
        notebook = made / render.EXECUTED
        notebook.write_text(notebook.read_text(encoding="utf-8").replace("Mentor", text), "utf-8")
        content = manifest.read(made)
        content.pop("rendered", None)
        manifest.write(made, content | {"files": manifest.files_of(made), "seed": text})
        with store.held(folder):
            store.exchange(made, folder)


def mixed(folder: Path) -> bool:
    """Whether a report was made from another notebook than the one beside it."""
    notebook = (folder / render.EXECUTED).read_text(encoding="utf-8")
    reports = [folder / f"report.{kind}" for kind in render.FORMATS]
    return any(
        file.exists() and file.read_text() != f"{file.suffix[1:]} of {notebook}" for file in reports
    )


def test_a_render_overtaken_by_a_run_is_made_from_the_new_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_sample(tmp_path / "result")
    make, texts = render.make, iter(("Los", "Guide", "Lærer", "Veileder"))

    def overtaken(times: int):
        left = iter(range(times))

        def during(*arguments):
            if next(left, None) is not None:
                change(folder, next(texts))
            return make(*arguments)

        return during

    monkeypatch.setattr(render, "make", overtaken(1))
    render.render(folder, to=("html",), engine="builtin")
    assert not mixed(folder)
    assert render.is_current(folder, to=("html",), engine="builtin")
    assert manifest.read(folder)["seed"] == "Los"
    monkeypatch.setattr(render, "make", overtaken(3))
    with pytest.raises(RenderError, match="replaced by runs each time"):
        render.render(folder, to=("html",), engine="builtin")
    assert not mixed(folder)


def test_a_damaged_result_is_not_rendered(tmp_path: Path) -> None:
    folder = make_sample(tmp_path / "result")
    change(folder, "Los")
    (folder / "tables/tbl-1.csv").write_text("cut")
    with pytest.raises(RenderError, match=r"tables/tbl-1.csv: missing or changed since the run"):
        render.render(folder, engine="builtin")


def kill_renders(folder: Path, every: int) -> int:
    render.render(folder, engine="builtin")
    old = killing.tree(folder)
    total = killing.operations(lambda: render.render(folder, engine="builtin"), folder.parent)
    tried = 0
    for step, half in killing.steps(total, every):
        change(folder, "Los")
        killing.killed(
            lambda: render.render(folder, engine="builtin"), folder.parent, step, half=half
        )
        assert not mixed(folder)
        assert not manifest.faults(folder, manifest.read(folder))
        render.render(folder, engine="builtin", resume=True)
        assert render.is_current(folder, engine="builtin")
        assert killing.tree(folder).keys() == old.keys()
        assert not list((folder.parent / ".naveval").glob("[!.]*"))
        tried += 1
    return tried


def test_a_killed_render_leaves_no_report_of_another_result(tmp_path: Path) -> None:
    assert kill_renders(make_sample(tmp_path / "a" / "result"), every=9) >= 8


@pytest.mark.slow
def test_a_render_killed_at_every_operation(tmp_path: Path) -> None:
    tried = kill_renders(make_sample(tmp_path / "a" / "result"), every=1)
    print(f"render: {tried} kills")
    assert tried > 50


def _render_often(folder: Path) -> None:
    for _ in range(3):
        render.render(folder, engine="builtin")


def _change_often(folder: Path) -> None:
    for text in ("Los", "Mentor", "Guide"):
        change(folder, text)


def test_renders_and_runs_at_once_never_mix(tmp_path: Path) -> None:
    folder = make_sample(tmp_path / "a" / "result")
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=_render_often, args=(folder,)) for _ in range(2)]
    others.append(fork.Process(target=_change_often, args=(folder,)))
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        with store.held(folder):
            assert not mixed(folder)
    render.render(folder, engine="builtin")
    assert render.is_current(folder, engine="builtin")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    make_result(out, "hedmark", "04")
    make_result(out, "indicator", "")
    return out


def kill_sites(out: Path, every: int, most: int = 0) -> int:
    """Kill builds of a site between whose reports one has changed; the last places, or all."""
    report = out / "hedmark/04-hedmark/report.html"
    text = report.read_text(encoding="utf-8")

    def build_of(word: str) -> dict[str, bytes]:
        report.write_text(text.replace("Innledning", word), encoding="utf-8")
        return killing.tree(build.build("builtin").parent)

    new, old = build_of("Ny"), build_of("Gammel")
    assert new != old
    report.write_text(text.replace("Innledning", "Ny"), encoding="utf-8")
    total = killing.operations(lambda: build.build("builtin"), out)
    assert build_of("Gammel") == old
    ways = itertools.cycle([("Ny", new), ("Gammel", old)])
    places = list(killing.steps(total, every))[-most:]
    for (step, half), (word, wanted) in zip(places, ways, strict=False):
        report.write_text(text.replace("Innledning", word), encoding="utf-8")
        killing.killed(lambda: build.build("builtin"), out, step, half=half)
        assert killing.tree(out / build.FOLDER) in (old, new)
        assert build_of(word) == wanted
    return len(places)


def test_a_killed_site_leaves_old_or_new(results: Path) -> None:
    assert kill_sites(results, every=200, most=2) == 2


@pytest.mark.slow
def test_a_site_killed_at_every_operation(results: Path) -> None:
    tried = kill_sites(results, every=1)
    print(f"site: {tried} kills")
    assert tried > 100


def test_a_cut_page_in_the_cache_is_made_anew(results: Path, tmp_path: Path) -> None:
    site = build.build("builtin").parent
    whole = killing.tree(site)
    (site / "index.html").unlink()
    for file in (results / "_cache/site").glob("*.kept"):
        file.write_bytes(file.read_bytes()[:100])
    with pytest.warns(UserWarning, match="damaged .*; made anew"):
        build.build("builtin")
    assert killing.tree(site) == whole


def test_a_report_replaced_while_the_site_is_built_is_told(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = build.copy_assets

    def replace(work: Path, text: Any) -> None:
        file = results / "hedmark/04-hedmark/manifest.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(content | {"started": "now"}), encoding="utf-8")
        copy(work, text)

    monkeypatch.setattr(build, "copy_assets", replace)
    with pytest.raises(RenderError, match="replaced while the site was built"):
        build.build("builtin")


def test_a_report_that_was_cut_does_not_go_on_the_site(results: Path) -> None:
    folder = results / "hedmark/04-hedmark"
    content = manifest.read(folder)
    rendered = {"from": "x", "files": {"report.html": "0" * 64}}
    manifest.write(folder, content | {"rendered": rendered})
    with pytest.raises(RenderError, match=r"report\.html missing or changed since it was made"):
        build.build("builtin")
