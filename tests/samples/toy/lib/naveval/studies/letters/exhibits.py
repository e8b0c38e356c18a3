"""The study's one table and one sentence."""

from naveval.exhibits import appendix
from naveval.exhibits.declare import Exhibit, Fact, Report, Sentence, Value
from naveval.exhibits.protect import Descriptive
from naveval.studies.letters.estimate import LettersResults

EXHIBITS: tuple[Exhibit[LettersResults], ...] = (
    Exhibit(
        "tbl-1",
        data=lambda results: results.groups,
        keys=("received",),
        values={
            "n": Value("int", "persons", estimand="persons"),
            "work": Value("share1", "share", estimand="share in work"),
        },
        protect=Descriptive({"work": "n"}, counts=("n",), few=True),
    ),
    Exhibit(
        "tbl-effect",
        data=lambda results: results.effects,
        keys=("group",),
        values={
            "effect": Value("pp1", "share", se="std_error", low="ci_low", high="ci_high"),
        },
        protect=Descriptive({"effect": "n"}, points=0.0001),
        view=None,
    ),
)
REPORT = Report(
    study="letters",
    exhibits=(*EXHIBITS, *appendix.exhibits("letters")),
    sentences=(Sentence("summary"),),
    common={"county": Fact(lambda results: results.parameters.county, "text")},
    codes={**appendix.CODES, "received": ("with", "without"), "group": ("all",)},
)
