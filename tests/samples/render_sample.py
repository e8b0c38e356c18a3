"""A small result folder with everything a report can hold, for the tests of rendering."""

import json
from pathlib import Path

import matplotlib
import nbformat
from nbformat import NotebookNode

matplotlib.use("Agg")

THIN, MINUS, NBSP = "\u202f", "\u2212", "\u00a0"
BANNER = (
    "Simulerte registre. Tallene i denne rapporten er laget med oppdiktede personer for å vise "
    "og prøve metoden. De sier ingenting om Norge."
)
NOTE = "::: {.note}\nSimulerte registre – ikke et funn om Norge.\n:::"
FIRST_FIGURE = (
    '![Overgang til arbeid i {place}, 2014–2019](figures/fig-4.png){#fig-4 fig-alt="Linjediagram. '
    'Andelen i arbeid stiger fra 22,1 % til 38,4 % i Hedmark."}'
)
SECOND_FIGURE = (
    '![Netto nytte per tiltak](figures/fig-5.png){#fig-5 fig-alt="Søylediagram. AFT har lavest '
    f'netto nytte, {MINUS}145{THIN}000 kroner, og oppfølging høyest."}}'
)
# ruff: noqa: E501
COSTS = f"""| Tiltak | Kostnad (kr) | Netto nytte (kr) | Andel i arbeid | Konfidensintervall |
| --- | --: | --: | --: | --: |
| Arbeidsforberedende trening (AFT) | 187{THIN}000 | {MINUS}145{THIN}000 | 38,4{NBSP}% | 36,1 til 40,7 |
| Oppfølging | 42{THIN}500 | 96{THIN}250 | 41,0{NBSP}% | 38,2 til 43,8 |
| Opplæring, «kurs» og fagbrev | 1{THIN}203{THIN}000 | {MINUS}12{THIN}000 | 9,9{NBSP}% | 8,0 til 11,8 |
| Mentor | 61{THIN}000 | : | : | : |
| Utvidet lønnstilskudd \\| særskilt | .. | 3{THIN}100 | 44,2{NBSP}% | 40,0 til 48,4 |

: Kostnad og netto nytte per tiltak {{#tbl-1}}"""
RATES = f"""| Størrelse | Anslag | Standardfeil |
| --- | --: | --: |
| Effekt | {MINUS}0,25 | 0,031 |
| Utgangsnivå | 12 | 1,5 |
| Antall personer | 1{THIN}234 | .. |

: Anslag med ulikt antall desimaler {{#tbl-2}}"""


def wide_table(columns: int = 12) -> str:
    """A table with many columns of money."""
    years = [f"År {year}" for year in range(columns)]
    lines = ["| Tiltak | " + " | ".join(years) + " |", "| --- |" + " --: |" * columns]
    for row in range(40):
        cells = [
            f"{(year + 1) * (row + 1) * 1_013:,}".replace(",", THIN) for year in range(columns)
        ]
        lines.append(f"| Tiltak nummer {row + 1} med langt navn | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n: Verdiskaping per år og tiltak {#tbl-wide}"


def cells() -> list[NotebookNode]:
    """Cells of the sample notebook."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell

    def shows(markdown: str) -> NotebookNode:
        data = {"text/markdown": markdown, "text/plain": "Block(markdown=…)"}
        return code(
            "tables.show(output, released)",
            outputs=[
                nbformat.v4.new_output("stream", name="stderr", text="FutureWarning: secret\n"),
                nbformat.v4.new_output("display_data", data=data),
            ],
        )

    place = "Hedmark"
    return [
        code("county = ''", metadata={"tags": ["parameters"]}),
        text("## Sammendrag {#sec-summary}"),
        shows(
            f"Netto nytte av AFT er {MINUS}145{THIN}000 kr (95 prosent intervall "
            f"{MINUS}160{THIN}000 til {MINUS}130{THIN}000). Se @tbl-1, @fig-4 og @sec-results."
        ),
        shows(
            '::: {.callout-important title="Hva tallene betyr"}\nTallene i @tbl-1 er '
            'beregnet "per deltaker".\n\n- De er ikke funn.\n- De viser metoden.\n:::'
        ),
        text("## Resultater {#sec-results}\n\nAvsnittet viser resultatene i to deler."),
        text(
            "### Overgang til arbeid\n\nHer bruker vi modellen $y_{it} = \\alpha_i + \\beta d_{it}$ "
            "[se @cameron2008, s. 414]."
        ),
        shows(FIRST_FIGURE.replace("{place}", place) + "\n\n" + NOTE),
        shows("I @fig-4 stiger andelen med 16,3 prosentpoeng, mot 0,4 i @fig-5."),
        text("### Nytte og kostnad"),
        shows(SECOND_FIGURE + "\n\n" + NOTE),
        shows(COSTS + "\n\n" + NOTE),
        shows(RATES),
        text(
            "## Hva rapporten ikke sier {#sec-limits}\n\n::: {.callout-warning}\nRapporten måler "
            "ikke alle virkninger [@hendren2020].\n:::"
        ),
        text("## Vedlegg"),
        shows("Alle år står i @tbl-wide.\n\n" + wide_table() + "\n\n" + NOTE),
        text("Denne cellen er bare for utforsking.", metadata={"tags": ["interactive"]}),
    ]


def _pictures(folder: Path) -> None:
    from matplotlib.figure import Figure

    for label, values in (("fig-4", [22.1, 30.0, 38.4]), ("fig-5", [3, 1, 2])):
        figure = Figure(figsize=(7.2, 3.2))
        ax = figure.subplots()
        if label == "fig-4":
            ax.plot(values, color="#12436D")
        else:
            ax.bar(range(3), values, color="#28A197")
        figure.savefig(folder / "figures" / f"{label}.png", dpi=120)
        (folder / "figures" / f"{label}.csv").write_text("x,y\n0,1\n")


def make_sample(
    folder: Path,
    *,
    origin: str = "simulated",
    replace: tuple[str, str] | None = None,
    extra: str = "",
) -> Path:
    """Write a result folder.

    Parameters
    ----------
    origin
        Origin of the numbers, which decides the notice.
    replace
        Text to replace in every Markdown output, to make faults.
    extra
        Markdown of one more cell.
    """
    for part in ("figures", "tables"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _pictures(folder)
    (folder / "tables" / "tbl-1.csv").write_text("a,b\n1,2\n")
    book = nbformat.v4.new_notebook(cells=cells())
    if extra:
        book.cells.append(nbformat.v4.new_markdown_cell(extra))
    if replace:
        for cell in book.cells:
            cell.source = cell.source.replace(*replace)
            for output in cell.get("outputs", []):
                if "data" in output:
                    output.data["text/markdown"] = output.data["text/markdown"].replace(*replace)
    nbformat.write(book, folder / "executed.ipynb")
    report = {
        "title": "Samfunnsnytte av arbeidsmarkedstiltak",
        "subtitle": "Ni tiltak, hele landet",
        "place": "Hedmark",
        "origin": origin,
        "date": "2026-11-20",
        "banner": BANNER
        if origin == "simulated"
        else "Beregnet fra publiserte tall. Rapporten er ikke offisiell statistikk.",
    }
    (folder / "manifest.json").write_text(json.dumps({"study": "programs", "report": report}))
    return folder


KEY_FIGURES = """::: key-figure
**38 %** er i arbeid etter to år
:::

::: key-figure
**−145 000 kr** er netto nytte av AFT
:::"""


def make_annexed(folder: Path) -> Path:
    """A result folder with key figures and a finding, whose report has an annex."""
    make_sample(
        folder, replace=("## Vedlegg", "# Vedlegg"), extra=f"## Nøkkeltall\n\n{KEY_FIGURES}"
    )
    file = folder / "executed.ipynb"
    text = file.read_text(encoding="utf-8")
    found = text.replace("![Netto nytte per tiltak]", "![[AFT taper]{.finding} Netto nytte]")
    file.write_text(found.replace("Se @tbl-1,", "Se @tbl-1, @tbl-wide,"), encoding="utf-8")
    return folder
