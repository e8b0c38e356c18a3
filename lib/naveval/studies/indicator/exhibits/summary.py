"""Section «Sammendrag»: level, expectation and indicator of the place, and where it stands."""

from naveval.exhibits.declare import Sentence
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.exhibits.common import place_named


def _sure(outcome: str, reader: Reader) -> str:
    """Whether the place's interval lies above or below zero, or has it inside."""
    low, high = (reader(f"tbl-place.indicator[{outcome}].{part}") for part in ("low", "high"))
    return "above" if low > 0 else "below" if high < 0 else "unclear"


SENTENCES = (
    Sentence("summary-main", lambda reader: _sure("atid3", reader)),
    Sentence("summary-job", lambda reader: _sure("jobb12", reader)),
    Sentence("rank", place_named),
)
