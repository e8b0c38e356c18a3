"""Every wording of the reports that compares, ranks or denies, with its rule and its rows.

`naveval` need not be run: a rule's code names the exhibits it reads, and so do the texts. What
results make of them is held against the numbers by `faults`. Run as a script it prints the list.
"""

import functools
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import pandas as pd

from naveval.exhibits import show, words
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit, Report, Results
from naveval.exhibits.reader import every_sentence
from naveval.exhibits.show import Showing
from naveval.project import catalogue, formats, paths
from naveval.project.parameters import read_yaml

MORE = r"flere|mer|økte|økning\w*|høyere|høyeste?|over|steg|opp|oftere|bedre|lengre|sterkere"
LESS = r"færre|mindre|ned|lavere|laveste?|under|falt|nedgang\w*|sjeldnere|svakere|kortere"
UNSURE = (
    r"u?sikker\w*|tilfeldig\w*|delt|bare|skiller seg ikke|skilles? fra|avgjøre|minst é[nt]"
    r"|både i pluss og i minus"
)
DENIES = r"ikke|ingen|verken|neppe|aldri"
RANKS = r"mest|minst|størst\w*|høyest\w*|lavest\w*|færrest|flest|best|dårligst|lengst|klart?"
SOFT = (
    r"omtrent|hovedsakelig|i hovedsak|de fleste|flertallet|halvparten|nesten|stort sett|vanligst\w*"
    r"|like mange|uendret|uten tydelig|viktigst"
)
COMPARES = re.compile(
    rf"\b(?:{MORE}|{LESS}|{DENIES}|{RANKS}|{SOFT}|skiller|skilles|større|ulike?|sikker\w*)\b",
    re.IGNORECASE,
)
RANKED = re.compile(
    rf"\b(?:{SOFT}|størst|høyest|lavest|færrest|flest|best|dårligst|lengst|klart)\b", re.IGNORECASE
)
"""In captions, notes and alt texts, which say what is drawn and how it is counted."""
SIGNS = {
    **dict.fromkeys(("up", "positive", "above", "more"), "more"),
    **dict.fromkeys(("down", "negative", "below", "fewer"), "less"),
    **dict.fromkeys(("unclear", "null"), "unsure"),
}
"""Names of wordings that tell a sign, or that there is none to tell."""
WORDS = {"more": MORE, "less": LESS, "unsure": rf"{UNSURE}|{DENIES}|endret seg"}
DENIED = re.compile(rf"\b(?:{DENIES})\b[^,.;:]*", re.IGNORECASE)
NEUTRAL = re.compile(
    r"\{[^}]*\}|\b(?:over (?:tre|tolv)|minst seks|(?:og|eller) ikke tiltak|«Klart»"
    r"|fortegnet er klart der)\b|«Klart»",
    re.IGNORECASE,
)
"""Numbers, and what sounds like a comparison and is the name of a measure or defines a word."""
BESIDE = ("alt", "caption", "note", "site")
NAMED = re.compile(r"\b(?:tbl|fig)-[\w-]+(?:\.\w+(?:\[[^\]]*\])?(?:\.\w+)?)?")


@dataclass(frozen=True)
class Claim:
    """A wording, what chooses it, and the exhibits and rows that the choice and its words read."""

    study: str
    label: str
    kind: str
    wording: str
    text: str
    rule: Any
    rows: tuple[str, ...]

    @property
    def compares(self) -> bool:
        words = RANKED if self.kind in BESIDE else COMPARES
        return bool(words.search(NEUTRAL.sub("", self.text)))

    @property
    def named(self) -> str:
        """The rule as one would look it up."""
        if isinstance(self.rule, Judged):
            return f"Judged {self.rule.label}.{self.rule.value} {dict(self.rule.where)}"
        return f"{self.rule.__module__}.{self.rule.__qualname__}" if self.rule else ""


def reports() -> list[tuple[str, Report, Mapping[str, Any]]]:
    """Every study with a report, and its texts."""
    names = [name for name in catalogue.names() if catalogue.has(name, "report")]
    return [(name, catalogue.module(name, "report").REPORT, words.load(name)) for name in names]


def listed() -> list[Claim]:
    """Every wording of every sentence and title, for the country and for counties alike."""
    return [claim for study in reports() for claim in _of_study(*study)]


def _of_study(study: str, report: Report, texts: Mapping[str, Any]) -> Iterator[Claim]:
    for one in every_sentence(report):
        entry = texts[one.label]
        given = {"text": entry} if isinstance(entry, str) else entry
        options = dict(given.get("choose", {})) | {"text": given.get("text", "")}
        facts = [row for fact in one.facts.values() for row in rests_on(fact.get)]
        for wording, text in options.items():
            text = text.replace("{opening}", opening(given, wording))
            if text:
                rows = {*rests_on(one.choose), *facts, *_named(report, text, facts)}
                yield Claim(
                    study, one.label, "sentence", wording, text, one.choose, tuple(sorted(rows))
                )
    for exhibit in report.exhibits:
        rule = exhibit.finding or only
        for wording, text in texts.get(exhibit.label, {}).get("finding", {}).items():
            own = {row.replace(OWN, exhibit.label) for row in rests_on(exhibit.finding)}
            own |= {*_named(report, text, [exhibit.label])}
            yield Claim(study, exhibit.label, "title", wording, text, rule, tuple(sorted(own)))

        for kind in BESIDE[:3]:
            text = str(texts.get(exhibit.label, {}).get(kind, ""))
            rows = tuple(sorted(_named(report, text, [exhibit.label])))
            yield Claim(study, exhibit.label, kind, "text", text, None, rows)
    yield from _of_site(study)


def _of_site(study: str) -> Iterator[Claim]:
    """What the site's front page and its pages of counties say of a study."""
    given = read_yaml(paths.texts_dir(study) / "site.yml")
    parts = [*given.get("county", ()), *given.get("front", {}).values()]
    for number, part in enumerate(parts):
        for key in ("text", "title"):
            if key in part:
                yield Claim(study, f"site-{number}", "site", key, part[key], None, ())


def only(_: Any) -> str:
    """The rule of a title with one wording, which states numbers and compares none."""
    return show.TOLD


def opening(entry: Mapping[str, Any], wording: str) -> str:
    """How a wording begins on registers that are not simulated."""
    return str(entry.get("labels", {}).get(f"{wording}_register", "{opening}"))


def _named(report: Report, text: str, facts: list[str]) -> Iterator[str]:
    """Rows that the fields of a text name; bare names are facts, of `facts`."""
    for name in formats.field_names(text):
        if words.REFERENCE.match(name):
            yield name.partition(":")[0]
        elif name.partition(":")[0] not in {"place", *report.common}:
            yield from facts


OWN = "(own rows)"


def rests_on(rule: Any, seen: set[int] | None = None) -> set[str]:
    """Exhibits, with values and rows where it names them, that a rule's code reads."""
    seen = set() if seen is None else seen
    if id(rule) in seen:
        return set()
    seen.add(id(rule))
    if isinstance(rule, Judged):
        codes = ",".join("/".join(value) for value in rule.where.values())
        return {f"{rule.label}.{rule.value}[{codes}]", *rests_on(rule.family, seen)}
    if isinstance(rule, functools.partial):
        return {row for part in (rule.func, *rule.args) for row in rests_on(part, seen)}
    if isinstance(rule, str):
        return set(NAMED.findall(rule))
    if isinstance(rule, Mapping):
        return {row for part in (*rule, *rule.values()) for row in rests_on(part, seen)}
    if isinstance(rule, tuple | list | set | frozenset):
        return {row for part in rule for row in rests_on(part, seen)}
    if isinstance(rule, types.FunctionType) and rule.__module__.startswith("naveval.studies"):
        return _of_code(rule.__code__, rule, seen)
    if isinstance(rule, types.FunctionType) and rule.__closure__:
        return {row for cell in rule.__closure__ for row in rests_on(cell.cell_contents, seen)}
    return set()


def _of_code(code: types.CodeType, rule: types.FunctionType, seen: set[int]) -> set[str]:
    found = {OWN} if {"rows", "label"} & set(code.co_names) else set()
    found |= rests_on(rule.__defaults__ or (), seen)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _of_code(constant, rule, seen)
        else:
            found |= rests_on(constant, seen)
    for name in code.co_names:
        if name in rule.__globals__:
            found |= rests_on(rule.__globals__[name], seen)
    for cell in rule.__closure__ or ():
        found |= rests_on(cell.cell_contents, seen)
    return found


def tested(report: Report, rows: tuple[str, ...]) -> bool:
    """Whether one of the exhibits that rows are of has intervals or p-values."""
    labels = {row.partition(".")[0] for row in rows}
    every: list[Exhibit[Any]] = [one for one in report.exhibits if one.label in labels]
    derived = any(one.derived for one in every)
    return derived or any(one.estimated or one.p_values for one in every)


def sign_of(claim: Claim) -> str:
    """The sign that the name of a wording announces: more, less, unsure, or "" for none."""
    judged = isinstance(claim.rule, Judged) and claim.wording == "some"
    return "unsure" if judged else SIGNS.get(claim.wording.split("_")[0], "")


def misworded(claim: Claim) -> str:
    """Why the words of a wording do not fit the sign its name announces; "" when they do."""
    sign = sign_of(claim)
    if not sign:
        return ""
    text = re.sub(r"\{[^}]*\}", "", claim.text)
    if not re.search(rf"\b(?:{WORDS[sign]})\b", text, re.I):
        return f"no word for {sign}"
    if claim.kind == "title" and sign != "unsure":
        other = "less" if sign == "more" else "more"
        affirmed = DENIED.sub("", text)
        for name, own in ((other, WORDS[other]), ("unsure", UNSURE)):
            if re.search(rf"\b(?:{own})\b", affirmed, re.I):
                return f"a word for {name}"
    return ""


def faults(showing: Showing, results: Results) -> tuple[int, list[str]]:
    """Titles and answers by `Judged` rules that do not say what estimates.csv says.

    The numbers are read from the estimates as they are published, and judged anew here.

    Returns
    -------
    How many were judged, and what is wrong with them.
    """
    reader = showing.reader(results)
    judged, found = 0, []
    for exhibit in showing.report.exhibits:
        rule = exhibit.finding
        if not isinstance(rule, Judged) or (exhibit.when and not exhibit.when.holds(results)):
            continue
        wanted = published(showing, results, rule)
        told = rule(reader.at(exhibit.label))
        if wanted is not None:
            judged += 1
            texts = showing.output.texts[exhibit.label]["finding"]
            claim = Claim("", exhibit.label, "title", told, texts.get(told, ""), rule, ())
            fault = f"says {told}, rows say {wanted}" if told != wanted else misworded(claim)
            found += [f"{exhibit.label}: {fault}"] if fault else []
    return judged, found


def published(showing: Showing, results: Results, rule: Judged) -> str | None:
    """What the rows of estimates.csv say, judged without the rule; None where one is missing."""
    table = show.estimates(showing.reader(results), [rule.label])
    table = table[table["value"] == rule.value]
    for key, codes in rule.where.items():
        table = table[table[key].astype(str).isin(codes)]
    numbers = table[["estimate", "ci_low", "ci_high", "p_value"]].apply(pd.to_numeric)
    if not len(table) or numbers["estimate"].isna().any():
        return None
    if numbers["p_value"].notna().all():
        strength = numbers["p_value"].map(lambda p: -NormalDist().inv_cdf(max(p, 1e-12) / 2))
    else:
        half = (numbers["ci_high"] - numbers["ci_low"]) / 2
        strength = 1.959964 * (numbers["ci_low"] + half).abs() / half
    reader = showing.reader(results)
    tests = (1, len(numbers))
    if rule.family:
        tests = (_left(rule.family(reader), rule.level_of(reader)),) * 2
    level = rule.level_of(reader)
    least, strict = (-NormalDist().inv_cdf(level / 2 / number) - 1e-6 for number in tests)
    up, down = (numbers["estimate"] > 0).all(), (numbers["estimate"] < 0).all()
    if (strength >= least).all() and (up or down):
        return "up" if up else "down"
    if (strength >= strict).any():
        return "some"
    return "alone" if rule.by_itself and (strength >= least).any() else "unclear"


def _left(p_values: pd.Series, level: float) -> int:
    """How many tests Holm's step-down has left where it stops, one at the least."""
    ordered = sorted(p_values.dropna())
    passed = 0
    while passed < len(ordered) and ordered[passed] * (len(ordered) - passed) <= level:
        passed += 1
    return max(len(ordered) - passed, 1)


if __name__ == "__main__":
    for each in listed():
        if each.compares:
            print(each.study, each.kind, each.label, each.wording, each.named or "-", sep=" | ")
            print("   ", " ".join(each.text.split()))
            print("   ", "; ".join(each.rows) or "-")
