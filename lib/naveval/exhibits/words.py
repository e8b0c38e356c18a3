"""Norwegian texts of the reports: captions, alt texts, notes, sentences, labels.

They live in `report/texts/<study>/*.yml`, one file per section of the report, so that code carries
no prose; numbers enter through fields such as `{effect:nok}` (see `formats`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from naveval.project import formats, parameters, paths
from naveval.project.errors import ParameterError

HEADLINES = "headlines"
BESIDE = ("site.yml", "errata.yml", "definitions.yml")
"""Files of a study's texts that the site and the audit read, and its report does not."""


def files(study: str) -> list[Path]:
    """The files of texts that decide a study's report."""
    own = [file for file in paths.texts_dir(study).glob("*.yml") if file.name not in BESIDE]
    return [paths.texts_dir() / "common.yml", *sorted(own)]


def load(study: str) -> dict[str, Any]:
    """All texts of a study: `common.yml`, and over it those of the study's folder.

    Under `headlines`: which of them the site's front page shows.

    Raises
    ------
    ParameterError
        When a file is unreadable, two of the study's files define the same key, or the headlines
        are not as they should be.
    """
    common, *sections = files(study)
    own: dict[str, Any] = {}
    for file in sections:
        part = parameters.read_yaml(file)
        twice = sorted(set(part) & set(own))
        if twice:
            raise ParameterError(f"{file}: defined in another file too: {', '.join(twice)}")
        own |= part
    listed = own.get(HEADLINES, [])
    _require_headlines(listed, f"{paths.texts_dir(study)}: {HEADLINES}")
    return parameters.read_yaml(common) | own | {HEADLINES: listed}


def entry(texts: Mapping[str, Any], key: str) -> Any:
    """The text under a key; ParameterError names the key when there is none."""
    if key not in texts:
        raise ParameterError(f"no text «{key}» in report/texts")
    return texts[key]


def fill(template: str, values: Mapping[str, Any], key: str) -> str:
    """Fill a template; ParameterError names the text and the field at fault."""
    try:
        return formats.fill(template, values).strip()
    except (KeyError, ValueError, TypeError) as error:
        raise ParameterError(f"text «{key}»: cannot be filled: {error}") from None


def choose(texts: Mapping[str, Any], key: str, choice: str | None) -> str:
    """The template of a sentence, or the chosen one of several; "text" is the only one."""
    found = entry(texts, key)
    plain = isinstance(found, str) or "text" in found
    if choice is None or (choice == "text" and plain):
        if isinstance(found, str):
            return found
        if "text" not in found:
            raise ParameterError(f"text «{key}»: needs a choice of {', '.join(found['choose'])}")
        return found["text"]
    options = found.get("choose", {}) if isinstance(found, Mapping) else {}
    if choice not in options:
        raise ParameterError(
            f"text «{key}»: no choice «{choice}»; allowed: {', '.join(options) or 'none'}"
        )
    return options[choice]


def _require_headlines(listed: Iterable[Mapping[str, Any]], where: str) -> None:
    """Refuse what a study shows on the front page unless it names texts and their sentences.

    Raises
    ------
    ParameterError
        When an entry is not a mapping of text, sentences (places from 1), published, and place
        (country or county).
    """
    for wanted in listed:
        places = wanted.get("sentences", [])
        known = {"text", "sentences"} <= set(wanted) <= {"text", "sentences", "published", "place"}
        known &= wanted.get("place", "country") in ("country", "county")
        if not known or not places or not all(isinstance(n, int) and n > 0 for n in places):
            raise ParameterError(
                f"{where}: expected text, sentences (places from 1), published "
                f"and place (country or county); found {wanted}"
            )
