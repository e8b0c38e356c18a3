"""The page of errors says of a cell what the study's own report says of it."""

from typing import Any

import pandas as pd
import pytest

from naveval.project import catalogue, formats
from naveval.publishing.site import errata
from naveval.studies.hedmark.published import reproduced

FORMULA = "tbl-formula"
ENTRIES = [
    (study, entry)
    for study, entries in errata.listed().items()
    for entry in entries
    if "values" in entry
]


def formula() -> pd.DataFrame:
    """Rows of the Hedmark report's table of printed effects, as its estimates have them."""
    found = reproduced().assign(value="computed", label=FORMULA)
    far = (found["effect"] - found["printed"]).abs().max()
    found = found.rename(
        columns={"effect": "estimate", "range_from": "ci_low", "range_to": "ci_high"}
    )
    furthest = {"label": FORMULA, "value": "furthest", "estimate": far}
    return pd.concat([found, pd.DataFrame([furthest])], ignore_index=True)


@pytest.mark.parametrize("entry", errata.listed()["hedmark"], ids=lambda entry: entry["place"])
def test_a_printed_effect_has_one_verdict(entry: dict[str, Any]) -> None:
    keys = entry.get("values", {}).values()
    if not any(key["label"] == FORMULA for key in keys):
        assert not entry["printed"].startswith("Effekt") or "avrunding" in entry["found"]
        return
    rows = formula()
    told = errata.filled(entry, rows, entry["place"])
    assert told.split() == entry["found"].split()  # also where no report has been made
    named = {key["outcome"] for key in keys if "outcome" in key}
    own = rows[rows["outcome"].isin(named) & rows["printed"].notna()]
    verdicts = set(own["verdict"]) if named else set(rows["verdict"].dropna()) - {"missing"}
    assert ("vrunding forklarer" in told) == (verdicts <= {"equal", "within"})
    for estimate in own["estimate"]:
        assert formats.number(estimate, 1, signed=True) in told


@pytest.mark.parametrize(("study", "entry"), ENTRIES, ids=lambda one: str(one)[:40])
def test_numbers_of_an_entry_are_values_of_the_study(study: str, entry: dict[str, Any]) -> None:
    report = catalogue.module(study, "report").REPORT
    for key in entry["values"].values():
        exhibit = report.exhibit(key["label"])
        declared = exhibit.values.get(key["value"]) or exhibit.facts.get(key["value"])
        assert declared is not None, key
        assert {*key} - {"label", "value", "take"} <= set(exhibit.keys), key


def test_a_result_of_an_older_version_gives_the_plain_wording() -> None:
    entry = {"found": "Uten tall.", "found-with": "{a:num1}", "values": {"a": {"label": "tbl-x"}}}
    assert errata.filled(entry, pd.DataFrame({"label": ["tbl-y"]}), "x") == "Uten tall."
