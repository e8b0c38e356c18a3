"""The typeface: in its wheel, reduced for pages, and known to the search of what leaves."""

import base64

import pytest

from naveval.disclosure.scan import text
from naveval.project import fonts
from naveval.project.errors import RenderError


def test_faces_hold_the_characters_of_reports():
    from fontTools.ttLib import TTFont

    for file in fonts.files().values():
        known = TTFont(file).getBestCmap()
        assert {ord(sign) for sign in "æøåÆØÅ«»–−≈≥\u202f\u2007\u00a0"} <= set(known)
    assert fonts.css().count("@font-face") == len(fonts.FACES)


def test_the_search_passes_over_the_typeface_and_nothing_else():
    page = f"<style>{fonts.css()}</style>"
    assert list(text.hidden(page)) == []
    own = next(iter(fonts.faces()))
    changed = base64.b64encode(own + b"12345678901").decode()
    found = [content for _, content in text.hidden(f"url(data:font/woff;base64,{changed})")]
    assert found == [own + b"12345678901"]


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    with pytest.raises(RenderError, match="font-source-sans-pro: not installed; run make setup"):
        fonts.folder()
