"""Checked rows, labels and weights, which every solver trains on."""
