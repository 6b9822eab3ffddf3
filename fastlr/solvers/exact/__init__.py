"""Exact solvers, each stopped by a duality gap or a stationarity certificate."""
