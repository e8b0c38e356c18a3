"""What the README tells people to type works."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from naveval import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINES = [
    line.split("#")[0].strip()
    for _, block in BLOCK.findall(README)
    for line in re.split(r"\n|&&|\"", block)
    if re.match(r"\s*(\.venv/bin/)?naveval ", line)
] + re.findall(r"`(naveval [^`]+)`", README)


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


FAKE = """#!/bin/sh
echo "$*" >> calls
case "$1" in
  render) mkdir -p "$2" && touch "$2/report.pdf" ;;
  site) mkdir -p report/_out/site && touch report/_out/site/index.html ;;
esac
"""


@pytest.mark.make
def test_make_example_runs_every_county_and_then_the_site(tmp_path: Path) -> None:
    example = next(block for kind, block in BLOCK.findall(README) if kind == "make")
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
    airflow = next(block for _, block in BLOCK.findall(README) if "BashOperator" in block)
    compile(airflow, "README.md", "exec")
