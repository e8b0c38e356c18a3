"""The cost draws agree with a plain month-by-month sum, and are faster."""

import bench_costs


def test_benchmark_reports_rows_time_memory_and_ratio() -> None:
    found = bench_costs.measure(draws=200)
    assert found.rows > 200
    assert found.seconds > 0
    assert found.peak_mb > 0
    assert found.largest_difference < 1e-6
    assert found.peer_times_as_long > 1
