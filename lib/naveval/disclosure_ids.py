"""Person ids of the registers a finished folder was made from, to search the folder for.

Ids of simulated persons are running numbers, which would be found among any numbers; they are
no secret and are not searched for. Neither are short numbers in a real extract.
"""

import json
from pathlib import Path

from naveval import extracts, parameters, registers, studies
from naveval.errors import NavevalError

MANIFEST = "manifest.json"
PERSON = "person"
LEAST_DIGITS = 9


def person_ids(folder: Path) -> frozenset[str]:
    """Ids in the extract named in the folder's manifest, when it is here; else none.

    Text ids, and numbers of at least nine digits.
    """
    file = folder / MANIFEST
    if not file.exists():
        return frozenset()
    made = json.loads(file.read_text(encoding="utf-8"))
    if not made.get("parameters", {}).get("data"):
        return frozenset()
    study = str(made["study"])
    try:
        chosen = parameters.model(study).model_validate(made["parameters"])
        data = extracts.folder(study, chosen)
    except (NavevalError, ValueError):
        return frozenset()  # the extract is somewhere else
    return ids_in(data, study)


def ids_in(data: Path, study: str) -> frozenset[str]:
    """Distinct values of `person` in all tables of an extract, long enough to search for."""
    schemas = studies.module(study, "contracts").TABLES
    found: set[str] = set()
    with registers.open_registers(data, schemas) as opened:
        for table, schema in schemas.items():
            if PERSON in schema.columns:
                rows = opened.query(f"SELECT DISTINCT CAST({PERSON} AS VARCHAR) AS id FROM {table}")
                found.update(name for name in rows["id"].dropna().astype(str) if _searchable(name))
    return frozenset(found)


def _searchable(name: str) -> bool:
    return not name.isdigit() or len(name) >= LEAST_DIGITS
