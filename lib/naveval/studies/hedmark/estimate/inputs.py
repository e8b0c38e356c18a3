"""What every part of the study starts from: the panel, and simulated panels for the tests' size.

Both are national, computed once and reused by every county's run.
"""

from naveval.disclosure import keys
from naveval.project import places
from naveval.project.store import cached
from naveval.registers import extracts, reading
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import protection
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.estimate.choice import POWER_DRAWS, has_simulated_start
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import YEAR, Parameters
from naveval.studies.hedmark.simulate import draws as hedmark_simulation_draws
from naveval.studies.hedmark.simulate.draws import PanelDraws, draw_panels


def load_panel(parameters: Parameters) -> Panel:
    """The protected county panel of the run's registers.

    Raises
    ------
    ContractError
        When the registers do not cover the months of the analysis.
    DisclosureError
        For real registers without the register owner's secret.
    """
    folder = extracts.folder("hedmark", parameters)
    secret = keys.secret(parameters.origin())
    key = {"data": reading.fingerprint(folder, tuple(TABLES)), "secret": secret.fingerprint}

    def make() -> Panel:
        with reading.open_registers(folder, TABLES) as opened:
            return panels.build(opened, secret)

    panel = cached("hedmark-panel", make, key=key, code=(panels,))
    panels.require_months(panel, *parameters.register_months())
    return protection.protect(panel, secret, parameters.months())


def null_draws(parameters: Parameters) -> PanelDraws:
    """Panels of all 19 counties without any effect."""
    key = {"draws": parameters.size_draws, "seed": parameters.seed, "scale": parameters.scale}
    return cached(
        "hedmark-null-draws",
        lambda: draw_panels(
            places.codes(YEAR),
            draws=parameters.size_draws,
            seed=parameters.seed,
            scale=parameters.scale,
        ),
        key=key,
        code=(hedmark_simulation_draws,),
    )


def effect_draws(parameters: Parameters) -> PanelDraws | None:
    """Panels in which the county has the calibrated effect; None for another start month."""
    if not has_simulated_start(parameters):
        return None
    codes = (parameters.county, *parameters.controls())
    draws = min(POWER_DRAWS, parameters.size_draws)
    key = {
        "counties": codes,
        "draws": draws,
        "seed": parameters.seed,
        "scale": parameters.scale,
    }
    return cached(
        "hedmark-effect-draws",
        lambda: draw_panels(
            codes,
            draws=draws,
            seed=parameters.seed + 1,
            scale=parameters.scale,
            effect=1.0,
            treated=parameters.county,
        ),
        key=key,
        code=(hedmark_simulation_draws,),
    )
