"""The study's one table and one sentence."""

from naveval.disclosure import gate
from naveval.exhibits import estimates, output, tables
from naveval.exhibits.output import Block, Output
from naveval.studies.letters.estimate import Result


def shares(opened: Output, result: Result) -> Block:
    """tbl-1: persons and shares in work."""
    names = {key: opened.label("tbl-1", key) for key in ("with", "without")}
    frame = result.groups.assign(received=result.groups.received.map(names))
    released = gate.release(
        frame, label="tbl-1", count="n", keys=("received",), shares={"work": "n"}
    )
    return tables.show(opened, released, "tbl-1")


def finding(opened: Output, result: Result) -> Block:
    """What the letter did."""
    low, high = result.interval
    return output.sentence(opened, "summary", effect=result.effect, low=low, high=high)


def finish(opened: Output, result: Result) -> Block:
    """Write the estimates."""
    low, high = result.interval
    rows = [
        {"label": "tbl-1", "row": item.received, "estimate": item.work, "n_persons": item.n}
        for item in result.groups.itertuples()
    ]
    effect = {"label": "summary", "estimate": result.effect, "std_error": result.std_error}
    rows.append({**effect, "ci_low": low, "ci_high": high, "n_persons": result.groups.n.min()})
    return output.finish(opened, estimates.frame("letters", rows))
