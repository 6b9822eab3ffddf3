"""Plots of an evaluation."""

from __future__ import annotations

import os

from fastlr.metrics import Evaluation
from fastlr.persistence.tensor_file import replacing

# There is no room for the names of more classes.
MAX_NAMED = 50


def check_plot(path: str, option: str) -> None:
    """Refuse a file that cannot be plotted to, before there is anything to plot.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If matplotlib does not support the suffix of the file.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise ImportError(f"{option} needs matplotlib: pip install 'fastlr[plot]'") from error
    known = sorted(FigureCanvasBase.get_supported_filetypes())
    if _format_of(path) not in known:
        raise ValueError(f"{option} {path}: unsupported format; use one of {', '.join(known)}")


def _format_of(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower() or "png"


def draw_evaluation(evaluation: Evaluation, path: str) -> None:
    """Plot the confusion matrix and the calibration of an evaluation to a file that `check_plot` has accepted.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    matrix, curve = figure.subplots(1, 2)
    support = evaluation.confusion.sum(axis=1, keepdims=True)
    shares = evaluation.confusion / (support + (support == 0))
    image = matrix.imshow(shares, vmin=0.0, vmax=1.0, cmap="Blues")
    figure.colorbar(image, ax=matrix, label="fraction of the true class")
    if len(evaluation.names) <= MAX_NAMED:
        places = range(len(evaluation.names))
        matrix.set_xticks(places, evaluation.names, rotation=90)
        matrix.set_yticks(places, evaluation.names)
    matrix.set(xlabel="predicted class", ylabel="true class", title=f"accuracy {evaluation.accuracy:.2%}")
    calibration = evaluation.calibration
    curve.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="perfect calibration")
    curve.plot(calibration["confidence"], calibration["accuracy"], marker="o", label="this model")
    curve.set(xlabel="predicted probability", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    curve.set_title(f"calibration error {calibration['error']:.2%}, log-loss {evaluation.log_loss:.4f}")
    curve.legend()
    with replacing(path) as file:
        figure.savefig(file, format=_format_of(path))
