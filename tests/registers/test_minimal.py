"""A column is asked for because some code reads it: an owner hands out nothing beside."""

import re
from pathlib import Path

import pytest

from naveval.project import catalogue

STUDIES = Path(catalogue.__file__).parents[1] / "studies"
NOT_READING = {"contracts.py", "coverage.py", "bench.py"}


def reading_code(study: str) -> str:
    files = [
        file
        for file in (STUDIES / study).rglob("*.py")
        if file.name not in NOT_READING and "simulate" not in file.parts
    ]
    return "\n".join(file.read_text("utf-8") for file in files)


def unread(study: str, asked: dict[str, list[str]]) -> list[str]:
    code = reading_code(study)
    words = set(re.findall(r"\w+", code))
    found = [table for table in asked if table not in words]
    return found + [
        f"{table}.{column}"
        for table, columns in asked.items()
        for column in columns
        if column not in words and column.removesuffix("_nok") not in words
    ]


@pytest.mark.parametrize("study", catalogue.names())
def test_every_column_asked_for_is_read(study):
    tables = catalogue.module(study, "contracts").TABLES
    assert unread(study, {name: list(schema.columns) for name, schema in tables.items()}) == []


def test_a_column_that_only_the_contract_knows_is_found():
    assert unread("hedmark", {"job_seekers": ["person", "shoe_size"], "shoes": ["person"]}) == [
        "shoes",
        "job_seekers.shoe_size",
    ]
