"""The objective in NumPy, passes over all rows by the kernels, and the duality gap."""

from fastlr.objective.functions import gradient, log_probabilities, objective, penalty, probabilities

__all__ = ["gradient", "log_probabilities", "objective", "penalty", "probabilities"]
