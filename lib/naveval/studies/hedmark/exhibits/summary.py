"""Sections «Sammendrag» and «Spørsmål og framgangsmåte»: question, answer, and trust in it."""

from functools import partial

import pandas as pd

from naveval.exhibits import claims
from naveval.exhibits.declare import Fact, Sentence
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, STRICT
from naveval.studies.hedmark.estimate.regression import EXACT
from naveval.studies.hedmark.exhibits.common import RANK, kind, units
from naveval.studies.hedmark.exhibits.comparison import intervals, known
from naveval.studies.hedmark.exhibits.diagnostics import VERDICTS, trust
from naveval.studies.hedmark.exhibits.results import STOCK, firm, held_everywhere
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, REFORMED


def _kind(reader: Reader) -> str:
    return kind(reader.parameters)


def _enough(reader: Reader) -> str:
    return "few" if 1 / units(reader.parameters) > CHOSEN_LEVEL else "enough"


DESIGN_SENTENCES = (
    Sentence("what-was-done", _kind),
    Sentence("design"),
    Sentence("threats"),
    Sentence("inference-design", _enough),
    Sentence("limits", _kind),
)


def _question(reader: Reader) -> str:
    others = not set(reader.parameters.controls()) <= set(DOCUMENT_CONTROLS)
    chosen = kind(reader.parameters)
    return "reform_others" if chosen == "reform" and others else chosen


def answer(reader: Reader) -> str:
    """What table 5 says of the number of job seekers; few counties can say nothing."""
    found = STOCK(reader)
    few = found == "unclear" and 1 / units(reader.parameters) > CHOSEN_LEVEL
    return "few" if few else found or "some"  # a missing number takes the hidden text


def told(reader: Reader) -> str:
    """The answer, and whether other ways to judge it leave it a likely one."""
    found = answer(reader)
    return f"{found}_likely" if found in ("down", "up") and not firm(reader) else found


def how_sure(reader: Reader) -> str:
    """What a found answer is worth, in words."""
    if answer(reader) not in ("down", "up"):
        return ""
    return "firm" if firm(reader) else "likely" if lowest(reader) else "likely_beside"


def lowest(reader: Reader) -> str:
    """Whether no control county stands out more, in either group."""
    least = 1 / units(reader.parameters) + RANK
    p = [reader(f"tbl-5.effect[stock,{group},effect].p") for group in GROUPS]
    return "text" if max(p) <= least and answer(reader) in ("down", "up") else ""


def _placebo(reader: Reader) -> str:
    """What a placebo county tells; the coast that the downturn in oil hit is a case of its own."""
    own = reader.parameters.county
    if not reader.parameters.is_placebo() or not STOCK(reader):
        return ""
    exposed = own not in (*DOCUMENT_CONTROLS, REFORMED)
    quiet = answer(reader) in ("unclear", "few")
    return ("quiet" if quiet else "warning") + ("_exposed" if exposed else "")


def _method(reader: Reader) -> str:
    """Where the means are tested by another method than the answer."""
    return "" if reader.common("method") == EXACT else "text"


def _own_rate(reader: Reader) -> float:
    """How often the answer's method reports an effect in panels without any."""
    return float(reader(f"tbl-size.reject_10[all,all,{EXACT}]"))


def reserved(reader: Reader) -> str:
    """What holds of the found changes when all other counties are ranked; "" when both do."""
    held = held_everywhere(reader)
    return held if held != "both" and answer(reader) in ("down", "up") else ""


def _in_persons(reader: Reader) -> str:
    """The answer in persons, where both changes are sure and to the same side."""
    found = answer(reader)
    return found if found in ("down", "up") else ""


def _narrower(reader: Reader) -> str:
    """Whether intervals are at a lower level than the other reports'."""
    return "text" if reader("tbl-5.exact_level[stock,with,effect]") < 100 * (1 - STRICT) else ""


def _published(reader: Reader) -> str:
    """The document's own result, beside the county that it is about."""
    return "" if reader.parameters.is_placebo() else "text"


def _placebo_printed(reader: Reader) -> str:
    """What the document prints for a start that never was, where its interval leaves zero out."""
    cell = "[tbl-5,placebo,stock,without]"
    low, high = (float(reader(f"tbl-published.{end}{cell}")) for end in ("low", "high"))
    return "text" if low * high > 0 else ""


def _persons(reader: Reader, group: str, part: str = "") -> float:
    """How many of the county's job seekers before an effect or an end of its interval stands for.

    In tens: the effect is told with a decimal of the level before.
    """
    share = float(reader(f"tbl-5.effect[stock,{group},effect]{part}")) / 100
    level = float(reader(f"tbl-1.treated_before[unadjusted,stock,{group}]")) / 100
    return abs(formats.rounded(share * level * reader.common("force"), 10))


def built_in(reader: Reader) -> pd.DataFrame:
    """The answer's intervals, and what simulated registers were made with; none where not known."""
    if known(reader.parameters) is None:
        return pd.DataFrame(columns=["low", "high", "truth"])
    ends = reader.frame("tbl-5").rename(columns={"exact_low": "low", "exact_high": "high"})
    ends = ends[(ends["outcome"] == "stock") & (ends["model"] == "effect")]
    true = reader.frame("tbl-truth")
    true = true[(true["exhibit"] == "tbl-1") & (true["season"] == "unadjusted")]
    return ends.merge(true[["group", "truth"]], on="group")[["group", "low", "high", "truth"]]


def _held(reader: Reader) -> str:
    return claims.recovered(built_in(reader))


def _built_in(reader: Reader) -> str:
    return _kind(reader) if _held(reader) else ""


def _missed(reader: Reader) -> str:
    """That a change is there by construction, where the answer calls none sure."""
    there = bool(_held(reader)) and built_in(reader)["truth"].ne(0).all()
    return "text" if there and answer(reader) in ("unclear", "few") else ""


PERSONS = {
    f"{group}{part.replace('.', '_')}": Fact(partial(_persons, group=group, part=part))
    for group in GROUPS
    for part in ("", ".low", ".high")
}
KEY_FIGURES = ("stock-with", "stock-without", "inflow-with", "inflow-without")

SUMMARY_SENTENCES = (
    Sentence(
        "answer",
        told,
        facts=claims.opening(told),
        then=(
            Sentence("answer-persons", _in_persons, facts=PERSONS),
            Sentence("answer-sure", how_sure),
            Sentence("answer-everywhere", reserved),
            Sentence("answer-detectable", claims.when(answer, "unclear", "some")),
            Sentence("summary-detectable", claims.when(answer, "down")),
        ),
    ),
    Sentence("answer-methods", trust, facts=VERDICTS),
    Sentence(
        "answer-published",
        _published,
        then=(
            Sentence("answer-published-narrow", claims.when(intervals, "narrow")),
            Sentence("answer-published-placebo", _placebo_printed),
        ),
    ),
    *claims.key_figures(*KEY_FIGURES),
    Sentence("key-level", then=(Sentence("key-level-why", _narrower),)),
    Sentence("summary-question", _question),
    Sentence("summary-terms", then=(Sentence("summary-method", _method),)),
    Sentence(
        "summary-stock",
        told,
        facts=claims.opening(told),
        then=(
            Sentence("summary-rank", lowest),
            Sentence("answer-everywhere", reserved),
            Sentence("summary-detectable", claims.when(answer, "unclear", "some")),
        ),
    ),
    Sentence("summary-others"),
    Sentence("summary-placebo", _placebo),
    Sentence("summary-mechanism"),
    Sentence(
        "summary-inference",
        trust,
        facts={"own_rate": Fact(_own_rate, "pct0")},
        then=(
            Sentence("built-in", _built_in, then=(Sentence("built-in-held", _held),)),
            Sentence("built-in-missed", _missed),
        ),
    ),
    Sentence("summary-not", _kind),
)


SENTENCES = (*SUMMARY_SENTENCES, *DESIGN_SENTENCES)
