"""The summary of the Hedmark report: question, findings, trust. Numbers come from the estimates."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.exhibits.output import Block, Output, sentence
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, POWER, STRICT, recommend
from naveval.studies.hedmark.estimate.regression import EXACT
from naveval.studies.hedmark.exhibits.tables import month_span, name, shown_only
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, Parameters


def cells(frame: pd.DataFrame, *, by: str = "group", **key: str) -> dict[str, pd.Series]:
    """The rows that match, by group; numbers on too few persons are missing."""
    found = shown_only(frame)
    for column, value in key.items():
        found = found[found[column] == value]
    return {
        str(value): pd.Series(row._asdict())
        for value, row in zip(found[by], found.itertuples(index=False), strict=True)
    }


def kind(parameters: Parameters) -> str:
    """Whether the report is about the new practice or a placebo."""
    return "placebo" if parameters.is_placebo() else "reform"


def question(output: Output, parameters: Parameters) -> Block:
    """What the report asks."""
    chosen = kind(parameters)
    if chosen == "reform" and not set(parameters.controls()) <= set(DOCUMENT_CONTROLS):
        chosen = "reform_others"
    return sentence(
        output,
        "summary-question",
        choose=chosen,
        **month_span(parameters),
        controls=len(parameters.controls()),
    )


def summary(
    output: Output,
    means: pd.DataFrame,
    mechanism: pd.DataFrame,
    size: pd.DataFrame,
    smallest: pd.DataFrame,
    parameters: Parameters,
) -> Block:
    """The summary's findings."""
    verdict = verdict_of(means, parameters)
    blocks = [_stock(output, means, smallest, verdict, parameters)]
    if parameters.is_placebo() and verdict != "hidden":
        blocks.append(_placebo(output, verdict, size))
    blocks += [
        told(output, "summary-mechanism", **parts(mechanism)),
        sentence(
            output,
            "summary-inference",
            choose=trust(size),
            nominal=STRICT,
            **size_values(output, size),
        ),
        sentence(output, "summary-not", choose=kind(parameters)),
    ]
    return Block("\n\n".join(block.markdown for block in blocks))


def verdict_of(means: pd.DataFrame, parameters: Parameters) -> str:
    """What table 1 says, judged by the method that the sizes speak for."""
    rows = cells(means, label="tbl-1", season="unadjusted")
    method = str(means["p_method"].iloc[0])
    if any(np.isnan(row["effect"]) for row in rows.values()):
        return "hidden"
    clear = [group for group, row in rows.items() if row["p_value"] <= CHOSEN_LEVEL]
    if not clear:
        return "few" if never_clear(method, parameters) else "unclear"
    signs = {float(np.sign(rows[group]["effect"])) for group in clear}
    if len(clear) < len(rows) or len(signs) > 1:
        return "mixed"
    return "down" if signs == {-1.0} else "up"


def never_clear(method: str, parameters: Parameters) -> bool:
    """Whether so few counties are compared that ranks cannot reject at the level used."""
    return method.startswith("randomisation") and 1 / units(parameters) > CHOSEN_LEVEL


def units(parameters: Parameters) -> int:
    """Counties compared, the treated one included."""
    return 1 + len(parameters.controls())


def _stock(
    output: Output,
    means: pd.DataFrame,
    smallest: pd.DataFrame,
    verdict: str,
    parameters: Parameters,
) -> Block:
    if verdict == "hidden":
        return sentence(output, "too-few", what=output.label("too-few", "summary-stock"))
    values: dict[str, Any] = {}
    for group, row in cells(means, label="tbl-1", season="unadjusted").items():
        values[f"{group}_effect"], values[f"{group}_p"] = row["effect"], row["p_value"]
        values[f"{group}_size"] = abs(row["effect"])
    method = str(means["p_method"].iloc[0])
    found = sentence(
        output,
        "summary-stock",
        choose=verdict,
        method=name(output, method),
        units=units(parameters),
        lowest=1 / units(parameters),
        opening=output.label("summary-stock", f"{verdict}_{parameters.origin()}"),
        **values,
    )
    least = 1 / units(parameters) + 1e-9
    if method.startswith("randomisation") and verdict in ("down", "up"):
        lowest = values["with_p"] <= least and values["without_p"] <= least
        return joined(found, sentence(output, "summary-rank")) if lowest else found
    if verdict in ("unclear", "mixed"):
        return joined(found, detectable(output, smallest))
    return found


def told(output: Output, key: str, *, choose: str | None = None, **values: Any) -> Block:
    """A sentence, or that too few persons stand behind it when a number is missing."""
    if any(isinstance(value, float) and np.isnan(value) for value in values.values()):
        return sentence(output, "too-few", what=output.label("too-few", key))
    return sentence(output, key, choose=choose, **values)


def joined(*blocks: Block) -> Block:
    """Sentences as one paragraph; empty ones are left out."""
    return Block(" ".join(block.markdown for block in blocks if block.markdown))


def detectable(output: Output, smallest: pd.DataFrame) -> Block:
    """How large an effect on the stock must be to be found; empty where it is not known."""
    stock = smallest[smallest["outcome"] == "stock"].set_index("group")["effect"]
    if stock.isna().any():
        return Block("")
    values: dict[str, Any] = {
        f"{group}_detectable": float(effect) for group, effect in stock.items()
    }
    return sentence(output, "summary-detectable", power=POWER, **values)


def _placebo(output: Output, verdict: str, size: pd.DataFrame) -> Block:
    choice = "quiet" if verdict in ("unclear", "few") else "warning"
    if trust(size) == "biased":
        choice = {"quiet": "quiet_biased", "warning": "biased"}[choice]
    return sentence(output, "summary-placebo", choose=choice, level=CHOSEN_LEVEL)


def trust(size: pd.DataFrame) -> str:
    """Whether a method's size holds, and if not whether the comparison itself is off."""
    if recommend(size):
        return "found"
    own = size[size["method"] == EXACT]
    biased = (own["mean_effect"].abs() > own["spread"]).any()
    return "biased" if biased else "none"


def size_values(output: Output, size: pd.DataFrame) -> dict[str, Any]:
    """Rejection rates at 5 per cent, mean over the outcomes, and the recommended method."""
    rates = size.groupby("method")["reject_5"].mean()
    method = recommend(size)
    known = np.nan
    if method and "power_10" in size:
        known = float(size.loc[size["method"] == method, "power_10"].mean())
    own = size[(size["method"] == EXACT) & (size["outcome"] == "stock")]
    bias = own.set_index("group")["mean_effect"]
    return {
        **{key: float(rates[key]) for key in ("crv1", "classical", "wild_free", "wild_null")},
        "recommended": name(output, method) if method else "",
        "power": known,
        "how": output.label("summary-inference", method) if method else "",
        "bias_with": float(bias["with"]),
        "bias_without": float(bias["without"]),
    }


def parts(mechanism: pd.DataFrame) -> dict[str, Any]:
    """Contributions of inflow and exit, their spread and p-value, by group."""
    values: dict[str, Any] = {}
    for part in ("inflow", "exit"):
        for group, row in cells(mechanism, part=part).items():
            values[f"{group}_{part}"] = row["effect"]
            values[f"{group}_{part}_se"] = row["std_error"]
            values[f"{group}_{part}_p"] = row["p_value"]
    return values
