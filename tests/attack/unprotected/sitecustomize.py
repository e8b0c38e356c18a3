"""With this folder on PYTHONPATH runs tell true counts: the control of the union attack."""

import numpy as np

from naveval.disclosure import counts, magnitudes, models, perturbation

perturbation.changes = lambda counts, uniform, rules=None: np.zeros_like(counts)
counts.about_each = lambda persons: np.asarray(persons, dtype=float)
magnitudes.noise = lambda *given, **more: 0.0
models.rounded = lambda values, error, points=None: np.asarray(values, dtype=float)
models.rounded_errors = lambda values: np.asarray(values, dtype=float)
