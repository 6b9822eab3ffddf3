"""The algorithms, a file each: `stochastic` (SGD and its kin) and `exact` (with a certificate)."""
