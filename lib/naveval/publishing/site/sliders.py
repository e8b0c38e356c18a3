"""Cost and benefit by assumption: sliders that the page itself recomputes from released numbers.

A programme's net benefit is its benefit per krone of wages times the present value of its wage
effects, less its costs. Costs and effects are released rows; rates are the published inputs. The
script (`report/theme/costs.js`) does what `estimators.cost_benefit.net_benefit` does.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from naveval.estimators.cost_benefit import inputs
from naveval.project import formats, parameters
from naveval.publishing.site import cards, charts, released, results
from naveval.publishing.site.results import Result

EFFECTS = ("effect_year_1", "effect_year_2", "effect_year_3", "effect_later")
COSTS = ("program_cost", "other_sectors", "tiltakspenger", "counsellor")
BASE = ("discount_rate", "wage_growth", "displacement")
RATES = (*BASE, "labour_cost_factor", "saved_benefit_share", "benefit_tax", "tax_cost")


def content(result: Result, spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the script computes from; None when the result does not hold it.

    Returns
    -------
    `rates` by name; `programs` with name, cost (kroner per spell, positive), effects (kroner a
    month in year 1, 2, 3 and later), months they last, and the net benefit of the report.
    """
    wide = {}
    for label in (spec["effects"], spec["totals"]):
        rows = released.rows(result, {"label": label})
        if "program" not in rows or "value" not in rows:
            return None
        for name, part in rows.groupby("value"):
            wide[str(name)] = part.set_index("program")["estimate"].to_dict()
    needed = (*EFFECTS, *COSTS, "effect_years", "net_benefit")
    if not set(needed) <= set(wide):
        return None
    codes = [
        code
        for code in wide["net_benefit"]
        if not any(formats.is_missing(wide[name].get(code)) for name in needed)
    ]
    names = released.names(result.study, spec["totals"], "program", codes)
    general = inputs.load(parameters.load(result.study).costs_file()).general
    programs = [
        {
            "name": names[code],
            "cost": -sum(wide[name][code] for name in COSTS),
            "effects": [wide[name][code] for name in EFFECTS],
            "months": 12 * wide["effect_years"][code],
            "net": wide["net_benefit"][code],
        }
        for code in codes
    ]
    return {
        "rates": {name: getattr(general, name).number() for name in RATES},
        "programs": programs,
    }


def block(result: Result | None, spec: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Markdown with sliders, bars and table; the report's own numbers without scripts."""
    found = content(result, spec) if result and not result.withdrawn else None
    chart = cards.chart(result, spec["chart"], text) if result and found else None
    if result is None or not found or not chart:
        return ""
    given = json.dumps(found, ensure_ascii=False).replace("</", "<\\/")
    base = found["rates"]
    sliders = "".join(
        f'<p><label for="skyv-{name}">{escape(one["label"])}</label>'
        f'<input type="range" id="skyv-{name}" name="{name}" min="{one["min"]}" max="{one["max"]}" '
        f'step="{one["step"]}" value="{100 * base[name] if name in base else 100:g}" '
        f'aria-describedby="skyv-{name}-na"><output id="skyv-{name}-na" for="skyv-{name}"></output>'
        "</p>"
        for name, one in spec["sliders"].items()
    )
    return "\n".join(
        [
            f"## {spec['heading']} {{#forutsetninger}}",
            "",
            spec["intro"],
            "",
            results.mark_line(
                result, text["marks"], simulated=released.simulated(result, spec["totals"])
            ),
            "",
            f'<form class="sliders" data-source="kostnadstall" hidden>{sliders}'
            f'<p><button type="reset">{escape(spec["reset"])}</button></p></form>',
            f'<p class="count" role="status" data-sliders data-words="{escape(spec["told"])}"></p>',
            f"<div data-costs>{charts.figure(chart, text)}</div>",
            f'<script type="application/json" id="kostnadstall">{given}</script>',
        ]
    )
