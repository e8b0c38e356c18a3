"""At least eighty broken extracts per study: each refused with a message, no id, no traceback."""

from pathlib import Path

import broken_registers as broken
import pytest

from naveval.project import catalogue

CASES = 80


@pytest.mark.slow
@pytest.mark.usefixtures("owner_secret")
@pytest.mark.parametrize("study", catalogue.names())
def test_every_broken_extract_is_refused(study: str, tmp_path: Path) -> None:
    extract = broken.good(study, tmp_path)
    cases = list(broken.cases(extract))
    assert len(cases) >= CASES
    wrong = []
    for case, change, words in cases:
        found = broken.outcome(extract, case, change)
        faults = found.faults(words)
        if faults:
            wrong.append((case, faults))
    assert wrong == []


@pytest.mark.usefixtures("owner_secret")
def test_a_good_extract_is_found_good_and_three_kinds_of_broken_ones_bad(tmp_path: Path) -> None:
    extract = broken.good("hedmark", tmp_path)
    found = broken.outcome(extract, "good", lambda folder: None)
    assert found.exit_code == 0, found.text
    chosen = {case: (change, words) for case, change, words in broken.cases(extract)}
    for case in ("labour_force.persons = '131.193'", "labour_force: missing", "labour_force: tab"):
        change, words = chosen[case]
        bad = broken.outcome(extract, case, change)
        assert bad.exit_code == 1
        assert bad.raised == ""
        assert words in bad.told
