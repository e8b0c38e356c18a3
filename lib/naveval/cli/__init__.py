"""The `naveval` command. Each step is a plain command with an exit code.

Exit codes: 0 done; 1 some part failed; 2 parameters; 3 registers; 4 estimation;
5 disclosure; 6 rendering; 7 what is kept between runs; 130 interrupted.
"""

from naveval.cli import inputs, outputs, runs
from naveval.cli.options import main

__all__ = ["inputs", "main", "outputs", "runs"]
