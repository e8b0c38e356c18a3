"""Evaluations of Norwegian labour-market policy: shared library behind the notebooks."""
