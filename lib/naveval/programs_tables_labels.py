"""Norwegian names of codes in tables and figures, from the texts."""

import pandas as pd

from naveval.output import Output

CODES = "programs-codes"


def name(output: Output, code: object) -> str:
    """Name of a code; programmes are their own names."""
    labels = output.texts[CODES]["labels"]
    return str(labels.get(str(code), code))


def named(output: Output, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with codes in the given columns replaced by names."""
    return frame.assign(
        **{column: [name(output, code) for code in frame[column]] for column in columns}
    )
