"""At least eighty broken extracts per study: each refused with a message, no id, no traceback."""

from pathlib import Path

import broken_registers as broken
import pytest

from naveval.project import catalogue

INPUTS = 80
SCALES = {"hedmark": 0.006, "followup": 0.004, "programs": 0.0005, "indicator": 0.001}


@pytest.mark.slow
@pytest.mark.usefixtures("owner_secret")
@pytest.mark.parametrize("study", catalogue.names())
def test_every_broken_extract_is_refused(study: str, tmp_path: Path) -> None:
    extract = broken.good(study, tmp_path, SCALES[study])
    cases = list(broken.cases(extract))
    assert sum(case.inputs for case in cases) >= INPUTS
    wrong = []
    for case in cases:
        faults = broken.outcome(extract, case.name, case.change).faults(case.words)
        if faults:
            wrong.append((case.name, faults))
    assert wrong == []


@pytest.mark.usefixtures("owner_secret")
def test_a_good_extract_is_found_good_and_three_kinds_of_broken_ones_bad(tmp_path: Path) -> None:
    extract = broken.good("hedmark", tmp_path, SCALES["hedmark"])
    found = broken.outcome(extract, "good", lambda folder: None)
    assert found.exit_code == 0, found.text
    chosen = {case.name: case for case in broken.cases(extract)}
    for name in ("labour_force.persons: odd cells", "labour_force: missing", "labour_force: tab"):
        bad = broken.outcome(extract, name, chosen[name].change)
        assert bad.exit_code == 1
        assert bad.raised == ""
        assert bad.faults(chosen[name].words) == []
