"""Files that are missing, damaged, twice, in another encoding or form."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

Change = Callable[[Path], None]


def as_csv(frame: pd.DataFrame) -> str:
    """A table as Norwegian Excel writes it."""
    return frame.to_csv(sep=";", decimal=",", index=False, date_format="%d.%m.%Y")


def replace(folder: Path, table: str, content: str | bytes, ending: str = "csv") -> None:
    """Put a file in place of a table's."""
    (folder / f"{table}.parquet").unlink()
    data = content.encode("utf-8") if isinstance(content, str) else content
    (folder / f"{table}.{ending}").write_bytes(data)


def files(tables: dict[str, pd.DataFrame], good: Path) -> Iterator[tuple[str, Change]]:
    """What is done to the file of the smallest table of a good folder."""
    table = min(tables, key=lambda name: len(tables[name]))
    frame = tables[table]
    csv = as_csv(frame.head(300))
    head, *body = csv.splitlines()
    text = {
        "no header": "\n".join(body),
        "only a header": head + "\n",
        "empty file": "",
        "tab": csv.replace(";", "\t"),
        "sep line": "sep=;\n" + csv,
        "column twice": f"{head};{head.split(';')[0]}\n" + "\n".join(f"{r};1" for r in body),
        "header in capitals": head.upper() + "\n" + "\n".join(body),
        "one cell too many": "\n".join([head, *body[:5], body[5] + ";x", *body[6:]]),
        "cut within a row": csv[: len(csv) // 2].rpartition(";")[0],
        "open quotation mark": "\n".join([head, *body[:5], '"' + body[5], *body[6:]]),
    }
    for name, content in text.items():
        yield f"{table}: {name}", lambda f, c=content: replace(f, table, c)
    lost = csv.replace(body[0], body[0] + " æøå", 1)
    for name, data in {
        "UTF-16": csv.encode("utf-16"),
        "DOS letters": lost.encode("cp865"),
        "encoded twice": lost.encode().decode("cp1252").encode(),
        "with a zero byte": csv.encode()[:100] + b"\0" + csv.encode()[100:],
    }.items():
        yield f"{table}: {name}", lambda f, d=data: replace(f, table, d)
    packed = gzip.compress(csv.encode())
    yield f"{table}: gzip cut", lambda f: replace(f, table, packed[:-20], "csv.gz")
    yield f"{table}: not gzip", lambda f: replace(f, table, csv, "csv.gz")
    yield f"{table}: a workbook", lambda f: replace(f, table, b"PK\x03\x04", "xlsx")
    yield f"{table}: not SAS", lambda f: replace(f, table, b"x" * 99, "sas7bdat")
    yield f"{table}: not Stata", lambda f: replace(f, table, b"x" * 99, "dta")
    yield f"{table}: missing", lambda f: (f / f"{table}.parquet").unlink()
    parquet = (good / f"{table}.parquet").read_bytes()
    yield f"{table}: Parquet cut", lambda f: replace(f, table, parquet[:-9], "parquet")
    yield f"{table}: Parquet damaged", lambda f: replace(f, table, _damaged(parquet), "parquet")
    yield f"{table}: twice", lambda f: (f / f"{table}.csv").write_text(csv, "utf-8") and None
    yield f"{table}: a part beside", lambda f: frame.to_parquet(f / f"{table}_2.parquet")
    yield f"{table}: a strange file in the folder", _folder(table, frame, "lesmeg.txt", b"x")
    yield f"{table}: a part cut", _folder(table, frame, "b.parquet", parquet[:-9])
    yield f"{table}: Delta", _folder(table, frame, "_delta_log/0.json", b"{}")
    yield f"{table}: empty folder", lambda f: _emptied(f, table)
    other = frame.drop(columns=frame.columns[-1])
    yield f"{table}: a part with fewer columns", _folder(table, frame, "b.parquet", other)


def _damaged(content: bytes) -> bytes:
    return content[:40] + bytes(min(400, len(content) // 3)) + content[40 + len(content) // 3 :]


def _emptied(folder: Path, table: str) -> None:
    (folder / f"{table}.parquet").unlink()
    (folder / table).mkdir()
    (folder / table / "_SUCCESS").touch()


def _folder(table: str, frame: pd.DataFrame, name: str, content: bytes | pd.DataFrame) -> Change:
    def change(folder: Path) -> None:
        (folder / f"{table}.parquet").unlink()
        file = folder / table / name
        file.parent.mkdir(parents=True)
        frame.to_parquet(folder / table / "a.parquet", index=False)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            content.to_parquet(file, index=False)

    return change
