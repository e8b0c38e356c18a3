"""Sections «Sammendrag» and «Spørsmål og framgangsmåte»: question, answer, and trust in it."""

from naveval.exhibits import claims
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Fact, Sentence
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, STRICT
from naveval.studies.hedmark.exhibits.common import kind, units
from naveval.studies.hedmark.exhibits.diagnostics import trust
from naveval.studies.hedmark.exhibits.results import STOCK, held_everywhere
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


MEANS = Judged("tbl-1", "effect", {"season": ("unadjusted",), "outcome": ("stock",)}, CHOSEN_LEVEL)


def verdict(reader: Reader) -> str:
    """What table 1 says, judged by the method that the sizes speak for."""
    found = MEANS(reader)
    few = found == "unclear" and _ranks(reader) and 1 / units(reader.parameters) > CHOSEN_LEVEL
    return "few" if few else found or "hidden"


def _p(reader: Reader, group: str) -> float:
    return float(reader(f"tbl-1.effect[unadjusted,stock,{group}].p"))


def _ranks(reader: Reader) -> bool:
    """Whether the method ranks counties, so that few of them allow few p-values."""
    return str(reader.common("method")).startswith("randomisation")


def _stock(reader: Reader) -> str:
    found = verdict(reader)
    return "some" if found == "hidden" else found  # its numbers are missing, so the text is too


def _lowest(reader: Reader) -> str:
    """Whether no control county stands out more, in either group."""
    least = 1 / units(reader.parameters) + 1e-9
    lowest = all(_p(reader, group) <= least for group in GROUPS)
    return "text" if lowest and _ranks(reader) and verdict(reader) in ("down", "up") else ""


def _smallest(reader: Reader) -> str:
    return "text" if verdict(reader) in ("unclear", "some") else ""


def _placebo(reader: Reader) -> str:
    """What a placebo county tells; the coast that the downturn in oil hit is a case of its own."""
    found, own = verdict(reader), reader.parameters.county
    if not reader.parameters.is_placebo() or found == "hidden":
        return ""
    exposed = own not in (*DOCUMENT_CONTROLS, REFORMED)
    return ("quiet" if found in ("unclear", "few") else "warning") + ("_exposed" if exposed else "")


def _own_rate(reader: Reader) -> float:
    """How often the method used reports an effect in panels without any."""
    return float(reader(f"tbl-size.reject_10[all,all,{reader.common('method')}]"))


def answer(reader: Reader) -> str:
    """What table 5 says of the number of job seekers; few counties can say nothing."""
    found = STOCK(reader)
    few = found == "unclear" and 1 / units(reader.parameters) > CHOSEN_LEVEL
    return "few" if few else found or "some"  # a missing number takes the hidden text


def _reserved(reader: Reader) -> str:
    """Which of the found changes hold when all other counties are ranked; "" when both do."""
    held = held_everywhere(reader)
    if held is None or answer(reader) not in ("down", "up"):
        return ""
    return {0: "neither", 1: "".join(held)}.get(len(held), "")


def _narrower(reader: Reader) -> str:
    """Whether intervals are at a lower level than the other reports'."""
    return "text" if reader("tbl-5.exact_level[stock,with,effect]") < 100 * (1 - STRICT) else ""


def _published(reader: Reader) -> str:
    """The document's own result, beside the county that it is about."""
    return "" if reader.parameters.is_placebo() else "text"


KEY_FIGURES = ("stock-with", "stock-without", "inflow-with", "inflow-without")

SUMMARY_SENTENCES = (
    Sentence(
        "answer",
        answer,
        facts=claims.opening(answer),
        then=(
            Sentence("answer-everywhere", _reserved),
            Sentence("answer-detectable", claims.when(answer, "unclear", "some")),
            Sentence("answer-published", _published),
        ),
    ),
    *claims.key_figures(*KEY_FIGURES),
    Sentence("key-level", then=(Sentence("key-level-why", _narrower),)),
    Sentence("summary-question", _question),
    Sentence("summary-terms"),
    Sentence(
        "summary-stock",
        _stock,
        facts=claims.opening(verdict),
        then=(Sentence("summary-rank", _lowest), Sentence("summary-detectable", _smallest)),
    ),
    Sentence("summary-placebo", _placebo),
    Sentence("summary-mechanism"),
    Sentence("summary-inference", trust, facts={"own_rate": Fact(_own_rate, "pct0")}),
    Sentence("summary-not", _kind),
)


SENTENCES = (*SUMMARY_SENTENCES, *DESIGN_SENTENCES)
