"""Numbers that pages of a site repeat from results."""

from pathlib import Path

import pytest

from naveval.publishing.audit import numbers

PAGE = '<div data-result="hedmark/04-hedmark">Omtrent {shown} færre, 7,3 prosent.</div>'


@pytest.mark.parametrize(("shown", "wrong"), [("150", []), ("152", ["152"])])
def test_a_site_repeats_what_estimates_or_the_report_tell(
    tmp_path: Path, shown: str, wrong: list[str]
) -> None:
    folder = tmp_path / "hedmark" / "04-hedmark"
    folder.mkdir(parents=True)
    (folder / "estimates.csv").write_text("label,estimate\ntbl-5,-7.31\n")
    told = 'label,part,key,shown,value\nanswer,text,answer-persons.with,"150",150.0\n'
    (folder / numbers.NUMBERS_FILE).write_text(told)
    page = tmp_path / "index.html"
    page.write_text(f"<main>{PAGE.format(shown=shown)}</main>", encoding="utf-8")
    found = [fault.message for fault in numbers.findings(tmp_path, page, "index.html")]
    assert [text.split("»")[0].lstrip("«") for text in found] == wrong
