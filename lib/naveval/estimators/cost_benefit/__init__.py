"""Costs and benefits of labour market programmes."""
