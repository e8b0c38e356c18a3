"""The answer in words: a year without effects, and what the evaluation found."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.studies.programs import published
from naveval.studies.programs.exhibits import common, summary

SENTENCES = {one.label: one for one in summary.SENTENCES}


@pytest.mark.parametrize(("last", "wanted"), [([0.2, np.nan], ""), ([np.nan, np.nan], "later")])
def test_the_answer_says_that_a_whole_last_year_is_hidden(last: list[float], wanted: str) -> None:
    rows = pd.DataFrame({"arm": ["AMO", "AFT"] * 2, "year": [2, 2, 3, 3], "p_value": 0.5})
    frame = rows.assign(months=[1.0, 2.0, *last])
    reader: Any = SimpleNamespace(frame=lambda _: frame, named=lambda _, code: code)
    facts = SENTENCES["answer-effects"].facts
    assert facts["later"].get(reader) == wanted
    assert facts["year"].get(reader) == (2 if wanted else 3)


def test_the_evaluations_effects_are_told_as_it_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    reader: Any = SimpleNamespace(named=lambda _, code: code)
    sentence = SENTENCES["answer-published"]
    told = {name: fact.get(reader) for name, fact in sentence.facts.items()}
    assert told["arms_1"] == "Midlertidig lønnstilskudd"
    assert told["effect_1"] == 5.0
    assert told["arms_2"] == "AMO, Arbeidstrening og Utvidet oppfølging i NAV"
    assert told["effect_2"] == 1.5
    assert told["section"] == "6.2.1"
    assert told["negative"] == "AFT og Arbeidsrettet rehabilitering"
    assert sentence.choose is not None
    assert sentence.choose(reader) == "text"
    less = published.month_effects().assign(published=-1.0)
    monkeypatch.setattr(published, "month_effects", lambda: less)
    assert sentence.choose(reader) == ""


def test_programmes_that_nobody_estimates_an_effect_of_are_named() -> None:
    counted = pd.DataFrame({"program": ["AMO", "IPS", "Annet", "Varig lønnstilskudd"], "n": 9})
    reader: Any = SimpleNamespace(frame=lambda _: counted, named=lambda _, code: code)
    (arms, _) = SENTENCES["answer-calculation"].then
    (sentence,) = arms.then
    assert sentence.facts["names"].get(reader) == "IPS og Varig lønnstilskudd"


def test_participants_are_counted_as_the_bars_count_them() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["AMO", "AFT", "Annet", "Ikke tiltak", "AMO"],
            "first_group": ["all"] * 4 + ["special"],
            "n": [804, 284, 64, 1627, 10],
        }
    )
    reader: Any = SimpleNamespace(frame=lambda _: rows)
    assert common.treated(reader) == 1090
