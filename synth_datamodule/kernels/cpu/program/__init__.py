"""The machine that runs any program on the CPU, and the steps that it knows."""
