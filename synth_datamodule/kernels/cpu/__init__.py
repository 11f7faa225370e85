"""The Voice on a CPU, compiled by numba."""
