"""Tables of part 1: who takes part (tables 4-2 to 4-8 and B-1), beside the published numbers."""

import pandas as pd

from naveval.disclosure import gate
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.studies.programs import published as programs_published
from naveval.studies.programs.exhibits.drawing import named
from naveval.studies.programs.panel.use import CUMULATIVE_MONTHS
from naveval.studies.programs.study import Participation

KEY = ["characteristic", "category"]
MONTHS = [f"month_{k}" for k in CUMULATIVE_MONTHS]


def users(output: Output, data: Participation) -> Block:
    """tbl-4-2: characteristics at first registration and of all person-months."""
    printed = programs_published.by_population("table_4_2")
    frame = _with(
        data.users,
        printed,
        {"first_published": "Første registrering", "all_published": "Alle registrerte"},
        output,
    )
    columns = [
        *KEY,
        "n",
        "first_percent",
        "first_published",
        "n_all",
        "all_percent",
        "all_published",
    ]
    return _show(
        output,
        frame[columns],
        "tbl-4-2",
        {"n": "n", "first_percent": "n", "n_all": "n_all", "all_percent": "n_all"},
    )


def cumulative(output: Output, data: Participation) -> Block:
    """tbl-4-3: percent who have started a programme 1 to 24 months after registration."""
    printed = programs_published.by_month("table_4_3", "months_since_first_registration", "percent")
    frame = _with(data.cumulative_table, printed, {"published_24": "24"}, output)
    return _show(output, frame, "tbl-4-3", "n", percent=dict.fromkeys(MONTHS, "n"))


def participants(output: Output, data: Participation) -> Block:
    """tbl-4-4: characteristics of first, other and all starts, and of programme months."""
    printed = programs_published.by_population("table_4_4")
    frame = _with(
        data.participants,
        printed,
        {
            "first_published": "Første oppstartede tiltak",
            "months_published": "Alle tiltaksdeltakere hver måned",
        },
        output,
    )
    columns = [
        *KEY,
        "n_first",
        "first",
        "first_published",
        "n_other",
        "other",
        "n_all",
        "all",
        "n_months",
        "months",
        "months_published",
    ]
    count = {name: f"n_{name}" for name in ("first", "other", "all", "months")}
    return _show(output, frame[columns], "tbl-4-4", count | {name: name for name in count.values()})


def staying(output: Output, data: Participation) -> Block:
    """tbl-4-5: percent on a programme by months since the first start."""
    printed = programs_published.by_month("table_4_5", "months_since_start", "value")
    frame = _with(
        data.staying, printed, {"published_mean": "Gjennomsnitt", "published_12": "12"}, output
    )
    return _show(output, frame, "tbl-4-5", "n", percent=dict.fromkeys(MONTHS, "n"))


def intensity(output: Output, data: Participation) -> Block:
    """tbl-b-1: programme months in percent of registered months."""
    printed = programs_published.coded("table_b_1").set_index(KEY)[["program_intensity_percent"]]
    frame = _with(data.intensity, printed, {"published": "program_intensity_percent"}, output)
    return _show(output, frame, "tbl-b-1", "n")


def course_types(output: Output, data: Participation) -> Block:
    """tbl-4-6: courses of programmes alone, combined, chained or both."""
    printed = programs_published.read("table_4_6")
    printed = printed.assign(kind=printed.spell_type.map(programs_published.KIND))
    frame = data.course_types.merge(
        printed[["kind", "percent", "duration_months"]].rename(
            columns={"percent": "published_percent", "duration_months": "published_months"}
        ),
        on="kind",
        how="left",
    )
    released = gate.release(
        named(output, frame, "kind"),
        label="tbl-4-6",
        count="n",
        keys=["kind"],
        labels=["published_percent", "published_months"],
        exhaustive="kind",
        coarse=bool(data.county),
    )
    return tables.show(output, released, "tbl-4-6")


def combinations(output: Output, data: Participation) -> Block:
    """tbl-4-7: the most common combinations."""
    keys = ["program_1", "program_2"]
    frame = with_printed_sequences(output, data.combinations, "table_4_7", keys)
    released = gate.release(
        frame,
        label="tbl-4-7",
        count="n",
        keys=keys,
        labels=["published"],
        coarse=bool(data.county),
    )
    return tables.show(output, released, "tbl-4-7")


def chains(output: Output, data: Participation) -> Block:
    """tbl-4-8: the most common chains."""
    keys = ["program_1", "program_2", "program_3"]
    frame = with_printed_sequences(output, data.chains, "table_4_8", keys)
    released = gate.release(
        frame,
        label="tbl-4-8",
        count="n",
        keys=keys,
        labels=["published"],
        coarse=bool(data.county),
    )
    return tables.show(output, released, "tbl-4-8")


def with_printed_sequences(
    output: Output, frame: pd.DataFrame, table: str, keys: list[str]
) -> pd.DataFrame:
    """Add the printed percentage of combinations or chains, for the whole country."""
    printed = programs_published.sequences(table)
    values = printed.reindex(pd.MultiIndex.from_frame(frame[keys])).to_numpy(dtype=float)
    return frame.assign(published=values if output.place.is_country else float("nan"))


def _with(
    frame: pd.DataFrame, printed: pd.DataFrame, columns: dict[str, str], output: Output
) -> pd.DataFrame:
    """Add published columns; only the whole country has any."""
    keys = pd.MultiIndex.from_frame(frame[KEY])
    values = printed.reindex(keys)
    national = output.place.is_country
    return frame.assign(
        **{
            new: values[old].to_numpy() if national else float("nan")
            for new, old in columns.items()
        }
    )


def _show(
    output: Output,
    frame: pd.DataFrame,
    label: str,
    count: str | dict[str, str],
    *,
    percent: dict[str, str] | None = None,
) -> Block:
    published = [name for name in frame if "published" in str(name)]
    shown = named(output, frame, *KEY)
    released = gate.release(
        shown,
        label=label,
        count=count,
        keys=KEY,
        labels=published,
        percent=percent,
        exhaustive="category",
        coarse=not output.place.is_country,
    )
    return tables.show(output, released, label)
