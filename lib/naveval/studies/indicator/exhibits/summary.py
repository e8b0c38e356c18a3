"""Section «Svaret»: level, expectation and indicator of the place, and where it stands."""

from naveval.estimators.detectable import multiplier
from naveval.exhibits import claims
from naveval.exhibits.declare import Fact, Sentence
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.exhibits.common import place_named
from naveval.studies.indicator.exhibits.results import HOURS_3, JOB_12


def answer(reader: Reader) -> str:
    """Whether hours lie above or below what is expected; a missing number takes the hidden text."""
    return HOURS_3(reader) or "unclear"


def _job(reader: Reader) -> str:
    return JOB_12(reader) or "unclear"


def _detectable(reader: Reader) -> float:
    return multiplier() * float(reader("tbl-place.indicator[atid3].se"))


SENTENCES = (
    Sentence(
        "answer",
        answer,
        facts=claims.opening(answer),
        then=(Sentence("answer-job", _job),),
    ),
    *claims.key_figures("hours-3", "hours-12", "job-12"),
    Sentence(
        "key-level",
        then=(
            Sentence(
                "answer-detectable",
                claims.when(answer, "unclear"),
                facts={"detectable": Fact(_detectable, "num2")},
            ),
        ),
    ),
    Sentence("who"),
    Sentence("rank", place_named),
    Sentence("answer-not"),
)
