"""Section of part: declared in the next commits."""

from naveval.exhibits.declare import Exhibit, Sentence
from naveval.studies.programs.results import ProgramResults

EXHIBITS: tuple[Exhibit[ProgramResults], ...] = ()
SENTENCES: tuple[Sentence, ...] = ()
