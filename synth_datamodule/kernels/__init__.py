"""The default Voice, fused and exact: its formulas once, compiled for CPU and GPU."""
