"""The losses: a file for each, whose functions have the names that the kernels call."""
