"""The objective, its losses and penalties, passes over all rows, and the duality gap."""

from __future__ import annotations

from fastlr.objective.functions import gradient, log_probabilities, objective, penalty, probabilities

__all__ = ["gradient", "log_probabilities", "objective", "penalty", "probabilities"]
