"""Drawing figures without a display, and saving them."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from PIL import Image  # a requirement of matplotlib

from harness.measure import RESULTS

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def save_figure(figure, name: str) -> Path:
    """Write a figure to ``results/NAME.png``, small enough for a repository."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.png"
    figure.savefig(path, dpi=90, bbox_inches="tight")
    with Image.open(path) as image:
        image.convert("RGB").quantize(128).save(path, optimize=True)
    print(f"wrote {path}")
    return path


__all__ = ["plt", "save_figure"]
