"""Interlock recomputed from SPEC.md: one module a primitive, one a chapter."""
