"""Norwegian texts of the reports: captions, alt texts, notes, sentences, labels.

They live in `report/texts/<study>*.yml` so that code carries no prose; numbers enter
through fields such as `{effect:nok}` (see `formats`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from naveval.project import formats, parameters, paths
from naveval.project.errors import ParameterError

HEADLINES = "headlines"


def load(study: str) -> dict[str, Any]:
    """All texts of a study: `common.yml` first, then `<study>.yml`, then `<study>_*.yml`.

    Under `headlines`: which of them the site's front page shows (`headlines.yml`).

    Raises
    ------
    ParameterError
        When a file is unreadable or two of the study's files define the same key.
    """
    folder = paths.texts_dir()
    merged = parameters.read_yaml(folder / "common.yml")
    own: dict[str, Any] = {}
    for file in sorted([*folder.glob(f"{study}.yml"), *folder.glob(f"{study}_*.yml")]):
        part = parameters.read_yaml(file)
        twice = sorted(set(part) & set(own))
        if twice:
            raise ParameterError(f"{file}: defined in another file too: {', '.join(twice)}")
        own |= part
    return merged | own | {HEADLINES: _headlines(folder / "headlines.yml", study)}


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
    """The template of a sentence, or the chosen one of several."""
    found = entry(texts, key)
    if choice is None:
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


def _headlines(file: Path, study: str) -> list[dict[str, Any]]:
    """What a study shows on the front page: texts, which of their sentences, and origins.

    Raises
    ------
    ParameterError
        When an entry is not a mapping of text, sentences (places from 1), published, and place
        (country or county).
    """
    listed = parameters.read_yaml(file).get(study, [])
    for wanted in listed:
        places = wanted.get("sentences", [])
        known = {"text", "sentences"} <= set(wanted) <= {"text", "sentences", "published", "place"}
        known &= wanted.get("place", "country") in ("country", "county")
        if not known or not places or not all(isinstance(n, int) and n > 0 for n in places):
            raise ParameterError(
                f"{file}: {study}: expected text, sentences (places from 1), published "
                f"and place (country or county); found {wanted}"
            )
    return list(listed)
