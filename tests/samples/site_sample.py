"""A small set of finished results with reports, for tests of the site."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from naveval.exhibits.declare import PARTS as PARTS_OF_NUMBERS
from naveval.project import places

PAGE = """<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main id="innhold"><h1>{title}</h1><article class="content"><section id="s1">
<h2 id="sammendrag"><span class="header-section-number">1</span> Sammendrag</h2>
<p>Innledning uten tall om 2017.</p>
<p>Andelen er <span data-key="x.n">{value}</span> prosent i {place}. Det er mer enn ventet.
En tredje setning.</p></section>
<section><h2 id="data"><span class="header-section-number">2</span> Lusekofte</h2>
<figure id="fig-11"><figcaption>Figur 1: Kurver</figcaption>
<img alt="Kurver for fylkene" src="data:image/png;base64,iVBORw0KGgo="></figure></section>
</article></main><footer class="page-foot"><p>Slutt</p></footer></body></html>"""


PARTS = ("target_before", "target_after", "other_before", "other_after", "gap")
MONTHS = ("2020-01", "2020-02")
IN_HEDMARK = ("2013-12", "2015-12")
"""A month before the practice changed, and the same month of a later year."""


def county_number(code: str, place: int = 0) -> float:
    """The number of a county in the sample: no two counties have the same."""
    return int(code) / 100 + place / 1000


def estimates(study: str) -> pd.DataFrame:
    """Estimates with one national number and numbers of every county."""
    rows = [{"label": "x", "row": "", "column": "", "estimate": 12.5}]
    if study == "programs":
        return pd.DataFrame([*rows, *_of_programs()])
    for code in places.codes(2014 if study == "hedmark" else 2024):
        values = {"followup": PARTS, "hedmark": IN_HEDMARK}.get(study, MONTHS)
        for place, value in enumerate(values):
            number = county_number(code, place)
            own = {"estimate": number, "ci_low": number - 1, "ci_high": number + 1}
            own |= {"std_error": 0.51, "n_persons": 100 + place}
            if study == "followup":
                keys = {"label": "tbl-counties", "value": value, "measure": "work", "county": code}
            elif study == "hedmark":
                keys = {"label": "tbl-counties", "value": "rate", "month": value, "county": code}
            else:
                keys = {"label": "fig-11", "value": "year", "month": value, "county": code}
                level = {"label": "fig-county-levels", "value": "indicator", "county": code}
                rows += [level | own] if place else []
                printed = {"label": "tbl-3", "value": "actual", "outcome": "atid3", "county": code}
                printed |= {"estimate": 99.0, "published": 7 + number}
                rows += [printed] if place else []
            rows += [keys | own]
    if study == "indicator":
        own = {"label": "fig-6", "value": "value", "line": "actual", "estimate": 9.5}
        rows += [own | {"month": f"{y}-{m:02d}"} for y in (2022, 2023) for m in range(1, 13)]
    return pd.DataFrame(rows)


def _of_programs() -> Iterator[dict[str, object]]:
    """Rows of every county: percent started after so many months, and on two programmes."""
    for code in places.codes(places.CURRENT_YEAR):
        own = {"value": "percent", "county": code}
        for place, month in enumerate(("6", "12", "24")):
            started = {"month": month, "estimate": int(code) + place, "n_persons": 50}
            yield own | {"label": "tbl-counties"} | started
        for program, percent in (("AFT", int(code) + 30), ("Oppfølging", None)):
            yield own | {"label": "tbl-county-programs", "program": program, "estimate": percent}


def make_result(out: Path, study: str, code: str, *, origin: str = "simulated") -> Path:
    """Write a finished, rendered result folder for one place."""
    folder = out / study / places.slug(code)
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True)
    place = places.name(code)
    manifest = {
        "complete": True,
        "parameters": {"county": code},
        "report": {
            "title": f"Rapport om {study}",
            "place": place,
            "origin": origin,
            "banner": "Simulerte registre. Ikke Norge.",
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    page = PAGE.format(title=f"Rapport om {study}", value="12,5", place=place)
    (folder / "report.html").write_text(page, encoding="utf-8")
    lines = [f"Andelen er 12,5 prosent i {place}.", "Det er mer enn ventet."]
    kept = {str(order): {"text": line, "origin": origin} for order, line in enumerate(lines, 1)}
    (folder / "headlines.json").write_text(json.dumps(kept))
    rows = estimates(study).assign(study=study)
    first, last = ["study", "label", "value"], ["estimate", *PARTS_OF_NUMBERS.values()]
    keys = [name for name in rows if name not in (*first, *last)]
    rows.reindex(columns=[*first, *keys, *last]).to_csv(folder / "estimates.csv", index=False)
    (folder / "disclosure.csv").write_text("label,row,column,rule,action,reason\n")
    (folder / "numbers.csv").write_text('label,part,key,shown,value\nx,text,x.n,"12,5",12.5\n')
    (folder / "executed.ipynb").write_text("{}")
    mark = "-simulert" if origin == "simulated" else ""
    Workbook().save(folder / f"{study}-{folder.name}{mark}.xlsx")
    (folder / "data").mkdir()
    (folder / "data/figur-1.csv").write_text("a\n1\n")
    (folder / "data/figur-1.json").write_text('{"label": "Figur 1. Kurver"}')
    (folder / "tables/tbl-1.csv").write_text("a\n1\n")
    lines = ["county,month,year"]
    for number, name in enumerate(("03", "15")):
        for month in range(1, 13):
            lines.append(f"{places.name(name)},2020-{month:02d},{number + month / 10}")
    (folder / "figures/fig-11.csv").write_text("\n".join(lines) + "\n")
    return folder
