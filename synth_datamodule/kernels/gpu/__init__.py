"""The Voice on an NVIDIA GPU, compiled by Triton."""
