"""The kernels compiled ahead of time by Cython."""
