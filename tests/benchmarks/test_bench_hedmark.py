"""The benchmark runs, agrees with its peer and reports what it should."""

import bench_hedmark as bench
import pytest


def test_small_benchmark(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PEER_DRAWS", 1)
    monkeypatch.setattr(bench, "DRAWS", 99)
    found = bench.main(0.01)
    printed = capsys.readouterr().out
    for name in ("rows", "panel_seconds", "panel_peak_mb", "peer_panel_times_as_long"):
        assert name in printed
        assert found[name] > 0


@pytest.mark.slow
def test_full_size_keeps_its_limits() -> None:
    found = bench.main(1.0)
    assert found["panel_seconds"] < 60
    assert found["panel_peak_mb"] < 4000
    assert found["table_5_seconds"] < 60
