"""Where a notebook's results go, and what its cells display."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from naveval.exhibits import words as texts
from naveval.project import formats, paths, places
from naveval.project.errors import ParameterError
from naveval.project.parameters import Origin, StudyParameters
from naveval.project.places import Place

RESULT_VARIABLE = "NAVEVAL_RESULT"
ESTIMATES_FILE = "estimates.csv"
HEADLINES_FILE = "headlines.json"
PHONE_FOLDER = "phone"
"""Pictures drawn for phones; those of pages and PDF stand in `figures`."""
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

    A report is made from the text, in which every number carries its key. In JupyterLab, where
    the result folder is not the notebook's folder, numbers are bare and pictures are embedded.
    """

    text: str
    # Left out of the repr: a notebook keeps that, and paths tell about the machine.
    pictures: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def markdown(self) -> str:
        """The text without keys."""
        return formats.plain(self.text)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if RESULT_VARIABLE in os.environ:
            return {"text/markdown": self.text}
        if not self.pictures:
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


def headline(
    output: Output, order: int, wanted: Mapping[str, Any], choice: str, text: str
) -> dict[str, dict[str, str]]:
    """The wanted sentences of a text, by their order, with what they rest on; none elsewhere.

    That is `published` where the source prints the numbers, `computed` where they are worked out
    here of numbers it prints, else what the result rests on: the wordings that `wanted` lists.
    """
    if wanted.get("place", output.place.kind) != output.place.kind:
        return {}
    every = SENTENCE_END.split(text)
    chosen = [every[place - 1] for place in wanted.get("sentences", ()) if place <= len(every)]
    origins = (kind for kind in texts.OF_PRINTED if choice in wanted.get(kind, ()))
    origin = next(origins, output.origin)
    return {str(order): {"text": " ".join(chosen or every), "origin": origin}}
