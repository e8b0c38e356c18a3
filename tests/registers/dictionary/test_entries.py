"""The dictionary of inputs says what the contract checks, in every format."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project import catalogue
from naveval.project import parameters as params
from naveval.project.errors import ParameterError
from naveval.registers.dictionary import entries, formats


@pytest.mark.parametrize("study", catalogue.names())
def test_every_column_and_code_is_described(study):
    found = entries.dictionary(study, params.load(study))
    declared = catalogue.module(study, "contracts").TABLES
    assert {t.name: [c.name for c in t.columns] for t in found.tables} == {
        name: list(schema.columns) for name, schema in declared.items()
    }
    for table in found.tables:
        for column in table.columns:
            assert column.text, (table.name, column.name)
            assert column.example, (table.name, column.name)
            assert all(column.codes.values()), (table.name, column.name)
            if column.kind in ("integer", "number") and column.name not in ("person", "month"):
                assert column.low or column.codes, (table.name, column.name)


@pytest.mark.parametrize("study", catalogue.names())
def test_examples_keep_the_contract(study):
    for table, schema in catalogue.module(study, "contracts").TABLES.items():
        (entry,) = (
            t for t in entries.dictionary(study, params.load(study)).tables if t.name == table
        )
        values = {column.name: [_typed(column)] for column in entry.columns}
        schema.validate(pd.DataFrame(values))


def _typed(column: entries.ColumnEntry) -> object:
    if column.kind == "integer":
        return int(column.example)
    if column.kind == "number":
        return float(column.example)
    if column.kind == "date":
        return pd.Timestamp(column.example)
    return column.example == "true" if column.kind == "boolean" else column.example


def test_the_dictionary_tells_how_many_persons_a_county_and_month_must_have():
    chosen = params.load("hedmark", changes={"window_last": "2015-10"})
    told = formats.markdown(entries.dictionary("hedmark", chosen))
    (rule,) = (
        rule
        for rule in catalogue.module("hedmark", "contracts").rules_for(chosen)
        if rule.column == "benefit_right"
    )
    least = rule.expected.split()[0]
    assert f"fra 2009-12 til 2015-10 ha minst {least} personer med" in told
    assert (
        f"HAVING least(count_if(benefit_right), count_if(NOT benefit_right)) < {least}" in rule.sql
    )


def test_the_period_follows_the_parameters():
    def periods(**changes: str) -> list[str]:
        chosen = params.load("hedmark", changes=changes)
        found = entries.dictionary("hedmark", chosen)
        return [formats.period(table, found.words) for table in found.tables]

    assert periods()[0] == "2009-12 til 2015-12, i alle 19 fylker"
    assert periods(window_first="2012-01")[0] == "2010-12 til 2015-12, i alle 19 fylker"


@pytest.mark.parametrize("form", ["md", "csv", "json"])
def test_the_command_prints_the_document(form):
    done = CliRunner().invoke(cli.main, ["contract", "hedmark", "--format", form])
    assert done.exit_code == 0, done.output
    for word in ("job_seekers", "labour_force", "weeks_registered", "videregående"):
        assert word in done.output
    if form == "json":
        fields = json.loads(done.output)["resources"][0]["schema"]["fields"]
        county = next(field for field in fields if field["name"] == "county")
        assert county["type"] == "string"
        assert "04" in county["constraints"]["enum"]


def test_a_folder_gets_templates_and_a_data_package(tmp_path: Path):
    given = ["contract", "hedmark", "--format", "xlsx"]
    assert CliRunner().invoke(cli.main, given).exit_code == 2
    done = CliRunner().invoke(cli.main, [*given, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(tmp_path / "hedmark.xlsx", read_only=True)
    assert book.sheetnames == ["hedmark", "job_seekers", "labour_force"]
    assert (tmp_path / "datapackage.json").exists()
    head = (tmp_path / "templates" / "labour_force.csv").read_text("utf-8")
    assert head == "county;month;persons\n"


def test_a_column_without_words_is_refused(project: Path):
    file = project / "report" / "registers" / "hedmark.yml"
    file.write_text(file.read_text("utf-8").replace("    sex: {", "    gender: {"), "utf-8")
    with pytest.raises(ParameterError, match="job_seekers has no words for sex"):
        entries.dictionary("hedmark", params.load("hedmark"))
