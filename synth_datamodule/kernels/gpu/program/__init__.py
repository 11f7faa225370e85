"""The machine that runs any program on a GPU: the CPU's steps, of the same formulas."""
