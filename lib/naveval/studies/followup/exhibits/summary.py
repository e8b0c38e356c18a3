"""Sections «Svaret», «Hvor sikkert svaret er» and «Hva kan du slutte?»: words follow numbers."""

from naveval.estimators.detectable import relative
from naveval.exhibits import claims
from naveval.exhibits.declare import Fact, Sentence
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.followup.checks import LIMIT
from naveval.studies.followup.exhibits.common import moved
from naveval.studies.followup.exhibits.effects import FOLLOWED, WORKED

FOLLOW_UP = ("program", "dialogue")
# A null result says little when only an effect of more than half the level would be found.
WIDE = 0.5


def direction(reader: Reader, row: str) -> str:
    """refused, positive, negative or null; `row` is such as tbl-1 with its keys."""
    table, keys = row.split(":")
    refused = str(reader(f"{table}.refused[{keys}]"))
    if refused:
        return refused
    if not reader(f"{table}.estimate[{keys}].p") < LIMIT:
        return "null"
    return "positive" if reader(f"{table}.estimate[{keys}]") > 0 else "negative"


PROGRAM, DIALOGUE, WORK = "tbl-1:program,long", "tbl-1:dialogue,long", "tbl-3:work,long"


def _program(reader: Reader) -> str:
    return direction(reader, PROGRAM)


def _dialogue(reader: Reader) -> str:
    """Worded to follow the sentences about programmes."""
    found = direction(reader, DIALOGUE)
    alone = found == "null" and direction(reader, PROGRAM) != "null"
    return "null_alone" if alone else found


def _work(reader: Reader) -> str:
    """What exits mean depends on whether follow-up came."""
    found = direction(reader, WORK)
    followed = any(direction(reader, row) == "positive" for row in (PROGRAM, DIALOGUE))
    return f"{found}_followed" if followed and found in ("positive", "negative") else found


def _level(name: str, row: str) -> Sentence:
    """The outcome's level where there is one to show."""
    table, keys = row.split(":")

    def choose(reader: Reader) -> str:
        refused = reader(f"{table}.refused[{keys}]")
        mean = reader(f"{table}.mean[{keys}]")
        return "" if refused or formats.is_missing(mean) else "text"

    return Sentence(f"level-{name}", choose)


def _conclusion(reader: Reader) -> str:
    found = direction(reader, PROGRAM)
    wide = found == "null" and not reader("tbl-1.mde_relative[program,long]") <= WIDE
    return "wide" if wide else found


def _excluded(reader: Reader) -> float:
    """The upper end of the interval relative to the mean."""
    high, mean = (
        reader(f"tbl-1.{part}") for part in ("estimate[program,long].high", "mean[program,long]")
    )
    return float(relative(high, mean))


def _everything(reader: Reader) -> str:
    if not reader("tbl-3.n_tests"):
        return "refused"
    return "some" if reader("tbl-3.n_found") else "none"


def _reservation(reader: Reader) -> str:
    return "simulated" if reader.output.origin == "simulated" else "register"


def _warning(row: str) -> Sentence:
    """That the gap moved before July 2017, where there is an effect to warn of."""
    outcome = row.split(":")[1].split(",")[0]

    def choose(reader: Reader) -> str:
        refused = reader("{}.refused[{}]".format(*row.split(":")))
        return "text" if not refused and moved(reader, outcome) else ""

    return Sentence("trend-warning", choose)


def answer(reader: Reader) -> str:
    """Whether programmes and dialogue changed, by their two tests taken together."""
    return FOLLOWED(reader) or "refused"


def _answer_work(reader: Reader) -> str:
    """Whether work changed, worded to follow what is said of follow-up."""
    found, before = WORKED(reader) or "refused", answer(reader)
    return f"{found}_too" if found == before and found in ("unclear", "refused") else found


def _detectable(reader: Reader) -> str:
    """What a null result would have missed: of follow-up, of work, or of both."""
    program, work = (rule(reader) in ("unclear", "some") for rule in (FOLLOWED, WORKED))
    return "both" if program and work else "program" if program else "work" if work else ""


def _answer_moved(reader: Reader) -> str:
    """That a gap moved before July 2017, where something is answered at all."""
    told = ((FOLLOWED, ("program", "dialogue")), (WORKED, ("work",)))
    watched = [outcome for rule, own in told if rule(reader) for outcome in own]
    return "text" if any(moved(reader, outcome) for outcome in watched) else ""


SENTENCES = (
    Sentence(
        "answer",
        answer,
        facts=claims.opening(answer),
        then=(
            Sentence("answer-work", _answer_work),
            Sentence("answer-moved", _answer_moved),
        ),
    ),
    *claims.key_figures("program", "dialogue", "work"),
    Sentence("key-level", then=(Sentence("answer-detectable", _detectable),)),
    Sentence("who"),
    Sentence("answer-not"),
    Sentence("reservation", _reservation),
    Sentence("summary-program", _program, then=(_level("program", PROGRAM), _warning(PROGRAM))),
    Sentence(
        "summary-dialogue", _dialogue, then=(_level("dialogue", DIALOGUE), _warning(DIALOGUE))
    ),
    Sentence("summary-work", _work, then=(_level("work", WORK), _warning(WORK))),
    Sentence("summary-all", _everything),
    Sentence(
        "conclusion",
        _conclusion,
        facts={"ci_high_relative": Fact(_excluded, "share0")},
        then=(_warning(PROGRAM),),
    ),
)
