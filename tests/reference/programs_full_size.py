"""Effects at full size beside the truth of the simulated registers.

    .venv/bin/python tests/reference/programs_full_size.py tests/reference/programs_full_size.csv

The benchmark of the study (`naveval bench programs`) with its effects written to a file: one row
per estimand, programme and outcome, with z the distance from the truth in standard errors and the
grade of overlap. Eleven minutes on two cores.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

if __name__ == "__main__":
    import bench_programs

    bench_programs.main(1.0, store=Path(sys.argv[1]))
