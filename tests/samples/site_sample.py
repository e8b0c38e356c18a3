"""A small set of finished results with reports, for tests of the site."""

import json
from pathlib import Path

from openpyxl import Workbook

from naveval.project import places

PAGE = """<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main id="innhold"><h1>{title}</h1><article class="content"><section id="s1">
<h2 id="sammendrag"><span class="header-section-number">1</span> Sammendrag</h2>
<p>Innledning uten tall om 2017.</p>
<p>Andelen er {value} prosent i {place}. Det er mer enn ventet. En tredje setning.</p></section>
<section><h2 id="data"><span class="header-section-number">2</span> Lusekofte</h2>
<figure id="fig-11"><figcaption>Figur 1: Kurver</figcaption>
<img alt="Kurver for fylkene" src="data:image/png;base64,iVBORw0KGgo="></figure></section>
</article></main><footer class="page-foot"><p>Slutt</p></footer></body></html>"""


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
    (folder / "estimates.csv").write_text("label,row,column,estimate\nx,,,12.5\n")
    (folder / "disclosure.csv").write_text("label,row,column,rule,action,reason\n")
    (folder / "executed.ipynb").write_text("{}")
    mark = "-simulert" if origin == "simulated" else ""
    Workbook().save(folder / f"{study}-{folder.name}{mark}.xlsx")
    (folder / "tables/tbl-1.csv").write_text("a\n1\n")
    lines = ["panel,line,month,n,value"]
    for number, name in enumerate(("03", "15")):
        for month in range(1, 13):
            lines.append(f",county:{name},2020-{month:02d},10,{number + month / 10}")
    (folder / "figures/fig-11.csv").write_text("\n".join(lines) + "\n")
    return folder
