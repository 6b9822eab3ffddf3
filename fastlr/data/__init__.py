"""Checked rows, labels and weights: what every solver trains on."""
