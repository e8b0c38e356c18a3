"""Section «Spørsmål og framgangsmåte»: what changed, what is compared, how sure one can be."""

from naveval.exhibits.declare import Sentence
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL
from naveval.studies.hedmark.exhibits.common import kind, units


def _kind(reader: Reader) -> str:
    return kind(reader.parameters)


def _enough(reader: Reader) -> str:
    return "few" if 1 / units(reader.parameters) > CHOSEN_LEVEL else "enough"


SENTENCES = (
    Sentence("what-was-done", _kind),
    Sentence("design"),
    Sentence("threats"),
    Sentence("inference-design", _enough),
    Sentence("limits", _kind),
)
