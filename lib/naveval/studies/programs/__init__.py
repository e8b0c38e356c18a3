"""Labour market programmes: who, how it goes, effects, costs and benefits."""
