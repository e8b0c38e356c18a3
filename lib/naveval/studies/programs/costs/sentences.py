"""Sentences of the cost-benefit part: every number is read from the estimates table."""

import pandas as pd

from naveval.exhibits.output import Block, Output, sentence
from naveval.studies.programs.costs.analysis import Analysis


def _net(table: pd.DataFrame) -> pd.DataFrame:
    """Net benefit with interval and probability, one row per programme."""
    rows = table[table["label"] == "tbl-uncertainty"]
    net = rows[rows["column"] == "net_benefit"].set_index("row")
    chance = rows[rows["column"] == "p_positive"].set_index("row")["estimate"]
    return net[["estimate", "ci_low", "ci_high", "n_obs"]].assign(p_positive=chance)


def _listed(output: Output, names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {output.label('costs-words', 'and')} {names[-1]}"


def notice(output: Output, analysis: Analysis) -> Block:
    """In a report on registers: that this part does not rest on them."""
    if output.origin == "published" or analysis.effects != "published":
        return Block("")
    text = sentence(output, "costs-notice", choose=output.origin).markdown
    return Block(f"::: {{.callout-note}}\n{text}\n:::")


def source(output: Output, analysis: Analysis) -> Block:
    """Where the effects and prices come from."""
    return sentence(output, "costs-source", choose=analysis.effects)


def left_out(output: Output, analysis: Analysis) -> Block:
    """Programmes of the document that this run has no effect of its own for, by name."""
    names = list(analysis.left_out)
    return sentence(output, "costs-left-out", names=_listed(output, names)) if names else Block("")


def errors(output: Output, analysis: Analysis) -> Block:
    """Where the standard errors come from, and what the intervals leave out."""
    return sentence(output, "costs-errors", choose=analysis.effects)


def summary(output: Output, table: pd.DataFrame) -> Block:
    """How many programmes pay for themselves; the largest and the smallest net benefit."""
    net = _net(table)
    best, worst = str(net["estimate"].idxmax()), str(net["estimate"].idxmin())
    positive = int((net["estimate"] > 0).sum())
    method = table.loc[table["label"] == "tbl-uncertainty", "method"].iloc[0]
    return sentence(
        output,
        "costs-summary",
        choose=method,
        positive=positive,
        programs=len(net),
        best=best,
        best_net=net.loc[best, "estimate"],
        best_low=net.loc[best, "ci_low"],
        best_high=net.loc[best, "ci_high"],
        worst=worst,
        worst_net=net.loc[worst, "estimate"],
        worst_low=net.loc[worst, "ci_low"],
        worst_high=net.loc[worst, "ci_high"],
    )


def uncertain(output: Output, table: pd.DataFrame) -> Block:
    """Which programmes have an interval that holds zero, and how probable a gain is."""
    net = _net(table)
    open_ones = net[(net["ci_low"] < 0) & (net["ci_high"] > 0)]
    if open_ones.empty:
        return sentence(output, "costs-uncertain", choose="none", draws=net["n_obs"].max())
    lowest = str(open_ones["p_positive"].idxmin())
    return sentence(
        output,
        "costs-uncertain",
        choose="some",
        names=_listed(output, list(open_ones.index)),
        lowest=lowest,
        p=open_ones.loc[lowest, "p_positive"],
        draws=net["n_obs"].max(),
    )


def losses(output: Output, table: pd.DataFrame) -> Block:
    """Programmes with negative net benefit, and AFT with the other sample's effects."""
    net = _net(table)
    negative = list(net.index[net["estimate"] < 0])
    value = table[(table["label"] == "fig-composition") & (table["column"] == "value_creation")]
    lower = bool((value.set_index("row")["estimate"][negative] < 0).all())
    choice = "none" if not negative else "lower" if lower else "some"
    aft = table[table["label"] == "tbl-aft-alternative"].set_index("column")["estimate"]
    return sentence(
        output,
        "costs-losses",
        choose=choice,
        names=_listed(output, negative),
        aft=aft["net_benefit"],
        years=aft["break_even_years"],
    )


def drivers(output: Output, table: pd.DataFrame) -> Block:
    """What moves the results: composition, and counsellor hours where there is a gain to lose."""
    items = table[table["label"] == "fig-composition"].set_index(["row", "column"])["estimate"]
    value = items.xs("value_creation", level="column").abs().sum()
    cost = items.xs("total_cost", level="column").abs().sum()
    hours = table[table["label"] == "tbl-hours"].set_index("row")["estimate"].get("Oppfølging")
    gain = _net(table)["estimate"].get("Oppfølging", 0) > 0
    return sentence(
        output,
        "costs-drivers",
        choose="gain" if gain else "loss",
        ratio=value / cost,
        hours=hours,
    )


def displacement(output: Output, table: pd.DataFrame) -> Block:
    """How many programmes still pay when half of the new work displaces others."""
    rows = table[table["label"] == "tbl-scenarios"]
    shares = sorted(
        {float(name.split("=")[1]) for name in rows["column"] if name.startswith("displacement=")}
    )
    most = rows[rows["column"] == f"displacement={shares[-1]:g}"].set_index("row")["estimate"]
    return sentence(
        output,
        "costs-displacement",
        share=shares[-1],
        positive=int((most > 0).sum()),
        programs=len(most),
    )


def public_money(output: Output, table: pd.DataFrame) -> Block:
    """For how many programmes public budgets gain, and Nav's own budget."""
    rows = table[table["label"] == "tbl-budget"]
    public = rows[rows["column"] == "public"].set_index("row")["estimate"]
    nav = rows[rows["column"] == "nav"].set_index("row")["estimate"]
    return sentence(
        output,
        "costs-public",
        public=int((public > 0).sum()),
        nav=int((nav > 0).sum()),
        programs=len(public),
    )


def reconciliation(output: Output, table: pd.DataFrame) -> Block:
    """How many printed numbers come out, what they rest on, and how many are explained."""
    cells = table[(table["estimand"] == "computed") & (table["label"] != "tbl-readings")]
    notes, basis = cells["note"], cells["group"]
    own = basis == "independent"
    automatic = notes.isin(["equal", "within_2_percent", "rounding", "chosen", "unexplained"])
    return sentence(
        output,
        "costs-reconciliation",
        cells=len(cells),
        equal=int((notes == "equal").sum()),
        near=int(notes.isin(["within_2_percent", "rounding"]).sum()),
        explained=int((~automatic).sum()),
        unexplained=int((notes == "unexplained").sum()),
        inputs=int(basis.isin(["input", "zero"]).sum()),
        fitted=int((basis == "fitted").sum()),
        independent=int(own.sum()),
        independent_equal=int((own & (notes == "equal")).sum()),
        independent_near=int((own & notes.isin(["within_2_percent", "rounding"])).sum()),
        chosen=int((notes == "chosen").sum()),
    )


def first_month(output: Output, table: pd.DataFrame) -> Block:
    """Which month convention fits the printed totals better."""
    rows = table[(table["label"] == "tbl-readings") & (table["column"] == "deviation")]
    fit = rows.set_index("row")["estimate"]
    return sentence(output, "costs-first-month", zero=fit["month_0"], one=fit["month_1"])
