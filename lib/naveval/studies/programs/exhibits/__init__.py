"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.exhibits.declare import Report
from naveval.studies.programs.costs import published
from naveval.studies.programs.exhibits import outcomes, participants
from naveval.studies.programs.exhibits.common import CODES, COMMON

REPORT = Report(
    study="programs",
    exhibits=(
        *participants.EXHIBITS,
        *outcomes.EXHIBITS,
        *every.exhibits("programs"),
        every.file_table(lambda results: published.files(results.parameters.costs_file())),
    ),
    sentences=(*participants.SENTENCES, *outcomes.SENTENCES),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
)
