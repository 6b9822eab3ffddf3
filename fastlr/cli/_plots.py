"""Pictures of an evaluation."""

from __future__ import annotations

import os

from fastlr.metrics import Evaluation
from fastlr.persistence.tensor_file import replacing

# More classes than this have no room for their names.
MAX_NAMED = 50


def check_picture(path: str, option: str) -> None:
    """Refuse a file that no picture can be drawn into, before it is known what there is to draw.

    Raises
    ------
    ImportError
        If matplotlib is not there.
    ValueError
        If it knows no format of the file's suffix.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise ImportError(f"{option}: a picture needs matplotlib: pip install matplotlib") from error
    known = sorted(FigureCanvasBase.get_supported_filetypes())
    if _format_of(path) not in known:
        raise ValueError(f"{option} {path}: its format is none of {', '.join(known)}")


def _format_of(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower() or "png"


def draw_evaluation(evaluation: Evaluation, path: str) -> None:
    """Draw the confusion matrix and the calibration of an evaluation into a file that `check_picture` has passed.

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
    figure.colorbar(image, ax=matrix, label="share of the true class")
    if len(evaluation.names) <= MAX_NAMED:
        places = range(len(evaluation.names))
        matrix.set_xticks(places, evaluation.names, rotation=90)
        matrix.set_yticks(places, evaluation.names)
    matrix.set(xlabel="taken for", ylabel="true class", title=f"accuracy {evaluation.accuracy:.2%}")
    said = evaluation.calibration
    curve.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="as said")
    curve.plot(said["confidence"], said["accuracy"], marker="o", label="found")
    curve.set(xlabel="probability of the class said", ylabel="how often it was right", xlim=(0, 1), ylim=(0, 1))
    curve.set_title(f"calibration error {said['error']:.2%}, log-loss {evaluation.log_loss:.4f}")
    curve.legend()
    with replacing(path) as file:
        figure.savefig(file, format=_format_of(path))
