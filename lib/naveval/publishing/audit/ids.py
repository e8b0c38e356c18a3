"""Person ids of the registers a finished folder was made from, to search the folder for.

Ids of simulated persons are running numbers, which would be found among any numbers; they are
no secret and are not searched for. Neither are short numbers in a real extract.
"""

from functools import lru_cache
from pathlib import Path

from naveval.exhibits import manifest
from naveval.project import catalogue, parameters
from naveval.project.errors import NavevalError
from naveval.registers import extracts, reading

PERSON = "person"
LEAST_DIGITS = 9
NUMBERS = f"{PERSON} >= {10 ** (LEAST_DIGITS - 1)}"  # the files' own minimum and maximum decide
TEXTS = f"length({PERSON}) >= {LEAST_DIGITS} OR regexp_matches({PERSON}, '[^0-9]')"


def person_ids(folder: Path) -> frozenset[str]:
    """Ids in the extract named in the folder's manifest, when it is here; else none.

    Text ids, and numbers of at least nine digits.
    """
    made = manifest.read(folder)
    if not made.get("parameters", {}).get("data"):
        return frozenset()
    study = str(made.get("study", ""))
    try:
        chosen = parameters.model(study).model_validate(made["parameters"])
        data = extracts.folder(study, chosen)
    except (NavevalError, ValueError):
        return frozenset()  # the extract is somewhere else
    state = sorted((file, file.stat().st_mtime_ns) for file in data.rglob("*"))
    return _ids_in(data, study, tuple(state))


def ids_behind(folder: Path) -> frozenset[str]:
    """Ids of the extracts behind every result in a folder.

    A site has no manifests; those of its results lie beside it in the output folder.
    """
    results = {file.parent for file in folder.rglob(manifest.FILE)}
    if not results:
        inside = {file.parent.relative_to(folder) for file in folder.glob("*/*/estimates.csv")}
        beside = {folder.parent / name for name in inside}
        results = {result for result in beside if (result / manifest.FILE).exists()}
    return frozenset().union(*map(person_ids, results))


@lru_cache(maxsize=8)
def _ids_in(data: Path, study: str, state: tuple[tuple[Path, int], ...]) -> frozenset[str]:
    """Distinct values of `person` in all tables of an extract, long enough to search for.

    `state`, the files and when they were changed, lets an exchanged extract be read anew.
    """
    schemas = catalogue.module(study, "contracts").TABLES
    found: set[str] = set()
    with reading.open_registers(data, schemas) as opened:
        for table, schema in schemas.items():
            if PERSON in schema.columns:
                kinds = opened.query(f"SELECT typeof({PERSON}) AS kind FROM {table} LIMIT 1")
                long_enough = TEXTS if (kinds["kind"] == "VARCHAR").all() else NUMBERS
                rows = opened.query(
                    f"SELECT DISTINCT {PERSON} AS id FROM {table} WHERE {long_enough}"
                )
                found.update(rows["id"].astype(str))
    return frozenset(found)
