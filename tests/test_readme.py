"""What the README and the packages tell people to type works."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from naveval import cli, publishing, registers, running
from naveval.project import catalogue

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What users type stands in the docstrings of packages too, which the API reference shows.
DESCRIBED = [README, registers.__doc__, publishing.__doc__, running.__doc__]
TOLD = "\n".join(filter(None, DESCRIBED))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINES = [
    line.split("#")[0].strip()
    for _, block in BLOCK.findall(TOLD)
    for line in re.split(r"\n|&&|\"", block)
    if re.match(r"\s*(\.venv/bin/)?naveval ", line)
] + re.findall(r"`(naveval [^`]+)`", TOLD)


@pytest.mark.parametrize("line", LINES)
def test_commands_and_options_exist(line: str) -> None:
    words = [word.strip("`") for word in line.split()[1:]]
    if words[0].startswith("-"):
        return
    command = cli.main.commands[words[0]]
    assert isinstance(command, click.Command)
    known = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known, line


def test_enough_commands_are_shown() -> None:
    shown = {line.split()[1] for line in LINES}
    assert set(cli.main.commands) - {"report"} <= shown


NAMED = re.compile(r"`((?:lib|notebooks|params|report|tests)/[^` ]*)`")
GENERATED = "report/_out"
OPTIONAL = {"errata.yml", "definitions.yml", "coverage.py", "panel.py"}
"""What some studies lack, as the README says."""


@pytest.mark.parametrize("named", sorted(set(NAMED.findall(TOLD))))
def test_named_paths_exist(named: str) -> None:
    if named.startswith(GENERATED):
        return
    paths = [ROOT / named.replace("<study>", study) for study in catalogue.names()]
    # A module that has grown into a folder keeps its name.
    there = [path.exists() or path.with_suffix("").is_dir() for path in paths]
    assert any(there) if paths[0].name in OPTIONAL else all(there), named


def test_every_folder_of_the_library_is_in_the_tree() -> None:
    tree = README.partition("## The tree")[2].partition("## ")[0]
    for folder in (ROOT / "lib" / "naveval").iterdir():
        if (folder / "__init__.py").exists():
            assert re.search(rf"^ +{folder.name}/", tree, re.MULTILINE), folder.name


FAKE = """#!/bin/sh
echo "$*" >> calls
case "$1" in
  render) mkdir -p "$2" && touch "$2/report.pdf" ;;
  site) mkdir -p report/_out/site && touch report/_out/site/index.html ;;
esac
"""


@pytest.mark.make
def test_make_example_runs_every_county_and_then_the_site(tmp_path: Path) -> None:
    example = next(block for kind, block in BLOCK.findall(TOLD) if kind == "make")
    (tmp_path / "Makefile").write_text(example)
    program = tmp_path / ".venv/bin/naveval"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE)
    program.chmod(0o755)
    subprocess.run(["make", "--silent"], cwd=tmp_path, check=True, timeout=60)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        "run followup --resume --set county=03",
        "render report/_out/followup/03-oslo --resume",
        "run followup --resume --set county=34",
        "render report/_out/followup/34-innlandet --resume",
        "site",
        "audit report/_out/site",
    ]


def test_airflow_example_is_python() -> None:
    airflow = next(block for _, block in BLOCK.findall(TOLD) if "BashOperator" in block)
    compile(airflow, "running", "exec")
