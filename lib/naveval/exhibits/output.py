"""Where a notebook's results go, and what its cells display."""

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure.gate import Released
from naveval.exhibits import estimates
from naveval.exhibits import words as texts
from naveval.exhibits.estimates import LABEL, guard_estimates
from naveval.project import paths, places
from naveval.project.errors import ParameterError
from naveval.project.escaping import write_csv
from naveval.project.parameters import Origin, StudyParameters
from naveval.project.places import Place

RESULT_VARIABLE = "NAVEVAL_RESULT"
ESTIMATES_FILE = "estimates.csv"
HEADLINES_FILE = "headlines.json"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ])")


@dataclass(frozen=True)
class Output:
    """A study's result folder with the texts and the place it is about.

    Attributes
    ----------
    study
        Name of the study.
    place
        The place it is about; the folder is `report/_out/<study>/<slug of the place>/`.
    folder
        The result folder; files are written below it.
    origin
        "simulated", "published" or "register": decides the notices on the report.
    texts
        Norwegian texts of the study.
    """

    study: str
    place: Place
    folder: Path
    origin: Origin
    texts: Mapping[str, Any]

    def label(self, key: str, name: str, **values: Any) -> str:
        """A label: `texts[key]["labels"][name]`, with the place and `values` filled in."""
        labels = texts.entry(self.texts, key).get("labels", {})
        if name not in labels:
            raise ParameterError(f"text «{key}»: no label «{name}»")
        return texts.fill(labels[name], {"place": self.place, **values}, f"{key}.labels.{name}")


@dataclass(frozen=True)
class Block:
    """Markdown that a notebook cell displays.

    A report is made from the Markdown. In JupyterLab, where the result folder is not the
    notebook's folder, pictures are shown embedded instead.
    """

    markdown: str
    # Left out of the repr: a notebook keeps that, and paths tell about the machine.
    pictures: tuple[Path, ...] = field(default=(), repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if RESULT_VARIABLE in os.environ or not self.pictures:
            return {"text/markdown": self.markdown}
        return {"text/markdown": _embed(self.markdown, self.pictures)}


def _embed(markdown: str, pictures: tuple[Path, ...]) -> str:
    """Replace links to pictures by data URIs and drop the attributes JupyterLab would show."""
    for picture in pictures:
        data = base64.b64encode(picture.read_bytes()).decode()
        markdown = markdown.replace(
            f"({picture.parent.name}/{picture.name})", f"(data:image/png;base64,{data})"
        )
    return re.sub(r"\)\{#fig-[^}]*\}", ")", markdown)


def open_output(study: str, parameters: StudyParameters) -> Output:
    """Open the result folder of a study for the place its parameters name.

    The folder is the one `naveval run` prepared, or `<slug>-interactive` beside the finished
    ones when the notebook is run by hand.
    """
    place = places.place(parameters.county)
    named = os.environ.get(RESULT_VARIABLE)
    folder = Path(named) if named else paths.result_dir(study, f"{place.slug}-interactive")
    for part in ("figures", "tables"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    return Output(
        study=study,
        place=place,
        folder=folder,
        origin=parameters.origin(),
        texts=texts.load(study),
    )


def sentence(output: Output, key: str, *, choose: str | None = None, **values: Any) -> Block:
    """A paragraph whose numbers come from `values`.

    Parameters
    ----------
    key
        Key in the study's texts.
    choose
        Which of several wordings, when the text has a `choose` mapping.

    Sentences that the study's texts name under `headlines` are kept for the site's front page too.
    """
    template = texts.choose(output.texts, key, choose)
    text = texts.fill(template, {"place": output.place, **values}, key)
    _keep_headline(output, key, choose, text)
    return Block(text)


def _keep_headline(output: Output, key: str, choose: str | None, text: str) -> None:
    """Keep sentences that the study's texts want on the site's front page."""
    listed = output.texts.get(texts.HEADLINES, ())
    for order, wanted in enumerate(listed, 1):
        if wanted["text"] == key:
            _write_headline(output, order, wanted, choose, text)


def _write_headline(
    output: Output, order: int, wanted: Mapping[str, Any], choose: str | None, text: str
) -> None:
    file = output.folder / HEADLINES_FILE
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kept |= headline(output, order, wanted, choose or "", text)
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def headline(
    output: Output, order: int, wanted: Mapping[str, Any], choice: str, text: str
) -> dict[str, dict[str, str]]:
    """The wanted sentences of a text, by their order, with what they rest on; none elsewhere."""
    if wanted.get("place", output.place.kind) != output.place.kind:
        return {}
    every = SENTENCE_END.split(text)
    chosen = [every[place - 1] for place in wanted["sentences"] if place <= len(every)]
    origin = "published" if choice in wanted.get("published", ()) else output.origin
    return {str(order): {"text": " ".join(chosen or every[:1]), "origin": origin}}


def is_simulated(output: Output, released: Released) -> bool:
    """Whether numbers come from simulated registers; those from published tables never do."""
    return output.origin == "simulated" and released.origin != "published"


def note(output: Output, released: Released, values: Mapping[str, Any], label: str) -> str:
    """The note under a table or figure: its own text, and the notice on simulated registers."""
    entry = texts.entry(output.texts, label)
    parts = [texts.fill(entry["note"], values, label)] if entry.get("note") else []
    if is_simulated(output, released):
        parts.append(texts.entry(output.texts, "simulated-note"))
    return "\n\n::: {.note}\n" + " ".join(parts) + "\n:::\n" if parts else "\n"


def log_disclosure(output: Output, log: pd.DataFrame, label: str) -> None:
    """Replace the rows of a label in the folder's disclosure.csv."""
    file = output.folder / "disclosure.csv"
    rows = log.assign(label=label)
    if file.exists():
        earlier = pd.read_csv(file, dtype=str, keep_default_na=False)
        rows = pd.concat([earlier[earlier["label"] != label], rows], ignore_index=True)
    write_csv(rows, file)


def finish(output: Output, table: pd.DataFrame) -> Block:
    """Write estimates.csv and say how many numbers it holds."""
    return sentence(output, "finished", rows=len(write_estimates(output, table)))


def write_estimates(output: Output, table: pd.DataFrame) -> pd.DataFrame:
    """Write estimates.csv without numbers that rest on too few persons; returns what it holds."""
    estimates.require_unique(table)
    shown, log = guard_estimates(table)
    write_csv(shown, output.folder / ESTIMATES_FILE)
    log_disclosure(output, log, LABEL)
    return shown
