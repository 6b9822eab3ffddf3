"""Plots of models, designed like scikit-learn's displays; matplotlib is imported when one is drawn.

``from_estimator`` computes the data and draws them. The display keeps the data, which its ``plot`` draws again, and the
figure as ``figure_`` and ``ax_``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from fastlr.linear_model.regularization_path import RegularizationPath

# Maximum number of classes, with a panel each, in one figure.
MAX_PANELS = 20

# Longer names are cut after this many characters.
MAX_NAME = 30


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("fastlr.plotting needs matplotlib; install it with: pip install matplotlib") from error
    return plt


def _shown(name: Any) -> str:
    """Return a name as a label: cut if it is long, with dollar signs escaped so that they start no formula."""
    text = str(name)
    text = text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…"
    return text.replace("$", r"\$")


def _classifier_and_names(estimator: Any, feature_names: Any) -> tuple[Any, np.ndarray]:
    """Return the classifier, which is a pipeline's last step, and the names of its features."""
    if isinstance(estimator, Pipeline):
        if feature_names is None:
            feature_names = estimator[:-1]
        estimator = estimator[-1]
    check_is_fitted(estimator)
    n_features = estimator.n_features_in_
    if feature_names is None:
        feature_names = getattr(estimator, "feature_names_in_", None)
    if feature_names is None:
        return estimator, np.array([f"feature {k}" for k in range(n_features)], object)
    if hasattr(feature_names, "get_feature_names_out"):
        feature_names = feature_names.get_feature_names_out()
    names = np.asarray(feature_names, dtype=object)
    if names.shape != (n_features,):
        raise ValueError(
            f"feature_names must be a vectorizer or {n_features} names, one for each feature; got shape {names.shape}."
        )
    return estimator, names


def _class_weights(coef: Any, classes: np.ndarray) -> np.ndarray:
    """Return dense weights with a row for each class: for two classes, the first is the negative of the second."""
    coef = coef.toarray() if sp.issparse(coef) else np.asarray(coef)
    return np.vstack([-coef, coef]) if len(classes) == 2 else coef


def _place_of(label: Any, classes: np.ndarray) -> int:
    places = np.flatnonzero(classes == label)
    if len(places) == 0:
        label = label.item() if isinstance(label, np.generic) else label
        raise ValueError(f"{label!r} is not one of the classes {classes.tolist()}.")
    return int(places[0])


class LearningCurveDisplay:
    """The loss during training, epoch by epoch.

    Parameters
    ----------
    history : dict of ndarray
        Columns of ``history_``.
    columns : list of str
        The columns to draw.
    x : str
        The column for the horizontal axis.
    best : int or None
        Index of the epoch to mark as the best.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr import SGDClassifier
    >>> from fastlr.plotting import LearningCurveDisplay
    >>> X, y = np.eye(20), np.arange(20) % 2
    >>> model = SGDClassifier(random_state=0).fit(X, y, eval_set=(X, y))
    >>> display = LearningCurveDisplay.from_estimator(model)  # doctest: +SKIP
    """

    def __init__(self, *, history: dict[str, np.ndarray], columns: list[str], x: str, best: int | None = None) -> None:
        self.history = history
        self.columns = columns
        self.x = x
        self.best = best

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, columns: Sequence[str] | None = None, x: str | None = None, ax: Any = None
    ) -> LearningCurveDisplay:
        """Draw columns of ``history_``.

        Parameters
        ----------
        estimator : SGDClassifier or LogisticRegression
            A fitted estimator, or a pipeline that ends in one.
        columns : list of str, default=None
            None means the losses and the objective, or the duality gap of a LogisticRegression.
        x : str, default=None
            The column for the horizontal axis, such as "seconds" or "steps". None means "epoch", or "iteration".
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        LearningCurveDisplay

        Raises
        ------
        ValueError
            If the estimator has no ``history_``, or it has no such column.
        ImportError
            If matplotlib is not installed.
        """
        estimator = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        history = getattr(estimator, "history_", None)
        if not history:
            raise ValueError(f"This {type(estimator).__name__} has no history_, which only fit sets.")
        x = ("epoch" if "epoch" in history else "iteration") if x is None else x
        if columns is None:
            columns = [name for name in history if name.endswith("loss") or name == "objective"]
            if "duality_gap" in history:
                columns = ["duality_gap"]
        columns = [columns] if isinstance(columns, str) else list(columns)
        unknown = [name for name in (*columns, x) if name not in history]
        if unknown or not columns:
            raise ValueError(f"history_ has no columns {unknown}; its columns are {list(history)}.")
        best = getattr(estimator, "best_epoch_", None)
        return cls(history=history, columns=columns, x=x, best=None if best is None else best - 1).plot(ax)

    def plot(self, ax: Any = None) -> LearningCurveDisplay:
        """Draw the plot.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        LearningCurveDisplay
            This display.
        """
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            _, ax = _pyplot().subplots(layout="constrained")
        x = self.history[self.x]
        marker = "o" if len(x) <= 30 else None
        self.lines_ = [
            ax.plot(x, self.history[name], label=name.replace("_", " "), marker=marker, markersize=4)[0]
            for name in self.columns
        ]
        if self.best is not None and self.best < len(x):
            ax.axvline(x[self.best], color="0.5", linestyle="--", linewidth=1, label="best epoch", zorder=0)
        if self.columns == ["duality_gap"]:
            ax.set_yscale("log")
        if np.issubdtype(x.dtype, np.integer):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel(self.x.replace("_", " "))
        ax.set_ylabel(self.columns[0].replace("_", " ") if len(self.columns) == 1 else "loss")
        if any(not name.endswith("loss") and name != "objective" for name in self.columns) and len(self.columns) > 1:
            ax.set_ylabel("")
        ax.grid(alpha=0.3)
        if len(ax.get_legend_handles_labels()[0]) > 1:
            ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self


class TopFeaturesDisplay:
    """The features with the largest weights for each class.

    Parameters
    ----------
    weights : list of ndarray of shape (n_shown,)
        For each class shown, the largest weights first.
    names : list of list of str
        Names of the features with these weights.
    classes : ndarray
        The classes shown.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, shape (n_classes_shown,)
    figure_ : matplotlib Figure
    bars_ : list of matplotlib BarContainer

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.pipeline import make_pipeline
    >>> from fastlr import SGDClassifier
    >>> from fastlr.plotting import TopFeaturesDisplay
    >>> model = make_pipeline(TfidfVectorizer(), SGDClassifier(random_state=0))
    >>> model = model.fit(["good film", "bad film", "good plot", "bad plot"], ["+", "-", "+", "-"])
    >>> display = TopFeaturesDisplay.from_estimator(model, n_features=2)  # doctest: +SKIP
    """

    def __init__(self, *, weights: list[np.ndarray], names: list[list[str]], classes: np.ndarray) -> None:
        self.weights = weights
        self.names = names
        self.classes = classes

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        feature_names: Any = None,
        *,
        n_features: int = 10,
        classes: Any = None,
        ax: Any = None,
    ) -> TopFeaturesDisplay:
        """Draw the features with the largest weights, with a panel for each class.

        Parameters
        ----------
        estimator : classifier with ``coef_`` and ``classes_``
            A fitted classifier, or a pipeline that ends in one; its other steps then name the features.
        feature_names : vectorizer or array of shape (`n_features_in_`,), default=None
            Anything with ``get_feature_names_out``, or the names themselves. None means the column names of the data
            frame that the estimator was trained on, or numbers.
        n_features : int, default=10
            Number of features for each class; fewer if a class has fewer weights above 0.
        classes : list, default=None
            Labels of the classes to show. None means all, at most 20.
        ax : array of matplotlib Axes, default=None
            Where to draw, one for each class; None makes a new figure.

        Returns
        -------
        TopFeaturesDisplay

        Raises
        ------
        ValueError
            If there are too many classes, the wrong number of names, or an unknown class.
        sklearn.exceptions.NotFittedError
            Before the estimator is fitted.
        ImportError
            If matplotlib is not installed.
        """
        estimator, names = _classifier_and_names(estimator, feature_names)
        if not isinstance(n_features, (int, np.integer)) or isinstance(n_features, bool) or n_features < 1:
            raise ValueError(f"n_features must be an integer above 0; got {n_features!r}.")
        if classes is None and len(estimator.classes_) > MAX_PANELS:
            raise ValueError(
                f"There are {len(estimator.classes_)} classes, but a figure shows at most {MAX_PANELS}. Select some "
                "with the parameter classes."
            )
        shown = estimator.classes_ if classes is None else np.asarray(classes)
        coef = _class_weights(estimator.coef_, estimator.classes_)
        weights, words = [], []
        for label in shown:
            w = coef[_place_of(label, estimator.classes_)]
            top = np.argsort(-w, kind="stable")[:n_features]
            top = top[w[top] > 0]
            weights.append(w[top])
            words.append([str(names[f]) for f in top])
        return cls(weights=weights, names=words, classes=shown).plot(ax)

    def plot(self, ax: Any = None) -> TopFeaturesDisplay:
        """Draw the plot.

        Parameters
        ----------
        ax : array of matplotlib Axes, default=None
            Where to draw, one for each class; None makes a new figure.

        Returns
        -------
        TopFeaturesDisplay
            This display.
        """
        n_panels = len(self.classes)
        if ax is None:
            n_columns = min(n_panels, 4)
            n_rows = -(-n_panels // n_columns)
            longest = max(map(len, self.weights), default=1)
            widest = max((len(_shown(name)) for names in self.names for name in names), default=0)
            size = n_columns * (2.2 + 0.08 * widest), n_rows * (1.0 + 0.2 * max(longest, 3))
            figure, grid = _pyplot().subplots(n_rows, n_columns, figsize=size, squeeze=False, layout="constrained")
            for unused in grid.ravel()[n_panels:]:
                unused.set_visible(False)
            ax = grid.ravel()[:n_panels]
            figure.supxlabel("weight")
        axes = np.ravel(np.asarray(ax, dtype=object))
        if len(axes) != n_panels:
            raise ValueError(f"ax must hold {n_panels} Axes, one for each class; it holds {len(axes)}.")
        self.bars_ = []
        for panel, label, weights, names in zip(axes, self.classes, self.weights, self.names, strict=True):
            places = np.arange(len(weights))
            self.bars_.append(panel.barh(places, weights))
            panel.set_yticks(places, [_shown(name) for name in names])
            panel.invert_yaxis()
            panel.set_title(textwrap.fill(_shown(label), 20), fontsize="medium")
            panel.spines[["top", "right"]].set_visible(False)
            if not len(weights):
                panel.text(0.5, 0.5, "no weight above 0", ha="center", va="center", transform=panel.transAxes)
        self.ax_, self.figure_ = axes, axes[0].figure
        return self


class RegularizationPathDisplay:
    """The weights as functions of ``C``.

    Parameters
    ----------
    Cs : ndarray of shape (n_Cs,)
    weights : ndarray of shape (n_Cs, n_shown)
        Weights of the features shown.
    names : list of str
        Their names.
    C : float or None
        The chosen ``C``, which is marked.
    ylabel : str
        Label of the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr import regularization_path
    >>> from fastlr.plotting import RegularizationPathDisplay
    >>> X, y = np.arange(40.0).reshape(20, 2) % 7, np.arange(20) % 2
    >>> path = regularization_path(X, y, [0.1, 1.0, 10.0], l1_ratio=1.0)
    >>> display = RegularizationPathDisplay.from_path(path)  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        Cs: np.ndarray,
        weights: np.ndarray,
        names: list[str],
        C: float | None = None,
        ylabel: str = "weight",
    ) -> None:
        self.Cs = Cs
        self.weights = weights
        self.names = names
        self.C = C
        self.ylabel = ylabel

    @classmethod
    def from_estimator(
        cls, estimator: Any, feature_names: Any = None, *, n_features: int = 10, label: Any = None, ax: Any = None
    ) -> RegularizationPathDisplay:
        """Draw the weights of a cross-validation: the mean over the folds at the chosen ``l1_ratio``.

        Parameters
        ----------
        estimator : LogisticRegressionCV
            A fitted estimator, or a pipeline that ends in one.
        feature_names, n_features, label, ax
            As in `from_path`. The other steps of a pipeline name the features.

        Returns
        -------
        RegularizationPathDisplay
        """
        estimator, names = _classifier_and_names(estimator, feature_names)
        if not hasattr(estimator, "coefs_paths_"):
            raise ValueError(
                f"{type(estimator).__name__} has no path of models. Use LogisticRegressionCV, or pass the result of "
                "regularization_path to from_path."
            )
        at_ratio = int(np.argmin(np.abs(estimator.l1_ratios_ - estimator.l1_ratio_)))
        coefs = estimator.coefs_paths_[:, at_ratio, :, :, : len(names)].mean(axis=0)
        return cls._of(estimator.Cs_, coefs, estimator.classes_, names, n_features, label, estimator.C_).plot(ax)

    @classmethod
    def from_path(
        cls,
        path: RegularizationPath,
        feature_names: Any = None,
        *,
        n_features: int = 10,
        label: Any = None,
        ax: Any = None,
    ) -> RegularizationPathDisplay:
        """Draw the weights of a path.

        Parameters
        ----------
        path : RegularizationPath
            The result of ``regularization_path``.
        feature_names : vectorizer or array of shape (n_features,), default=None
            Anything with ``get_feature_names_out``, or the names themselves. None means numbers.
        n_features : int, default=10
            Number of features to draw: those with the largest absolute weight on the path.
        label : label of a class, default=None
            The class whose weights to draw. None means ``classes_[1]`` of two classes, and for more classes the norm of
            each feature's weights.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        RegularizationPathDisplay

        Raises
        ------
        ValueError
            If there is the wrong number of names, or an unknown class.
        ImportError
            If matplotlib is not installed.
        """
        n = path.coefs.shape[2]
        if feature_names is None:
            names = np.array([f"feature {k}" for k in range(n)], object)
        elif hasattr(feature_names, "get_feature_names_out"):
            names = np.asarray(feature_names.get_feature_names_out(), object)
        else:
            names = np.asarray(feature_names, object)
        if names.shape != (n,):
            raise ValueError(f"feature_names must be a vectorizer or {n} names; got shape {names.shape}.")
        return cls._of(path.Cs, path.coefs, path.classes, names, n_features, label, None).plot(ax)

    @classmethod
    def _of(
        cls,
        Cs: np.ndarray,
        coefs: np.ndarray,
        classes: np.ndarray,
        names: np.ndarray,
        n_features: int,
        label: Any,
        C: float | None,
    ) -> RegularizationPathDisplay:
        """Select the weights to draw from ``coefs``, shape (n_Cs, n_outputs, n_features)."""
        if not isinstance(n_features, (int, np.integer)) or isinstance(n_features, bool) or n_features < 1:
            raise ValueError(f"n_features must be an integer above 0; got {n_features!r}.")
        order = np.argsort(Cs, kind="stable")
        order = order[np.isfinite(Cs[order])]  # an infinite C has no place on the axis
        Cs, coefs = Cs[order], coefs[order]
        if label is not None:
            place = _place_of(label, classes)
            weights = coefs[:, 0] * (2 * place - 1) if len(classes) == 2 else coefs[:, place]
            ylabel = f"weight for {_shown(label)}"
        elif len(classes) == 2:
            weights, ylabel = coefs[:, 0], f"weight for {_shown(classes[1])}"
        else:
            weights, ylabel = np.sqrt(np.square(coefs).sum(axis=1)), "norm of a feature's weights"
        top = np.argsort(-np.abs(weights).max(axis=0), kind="stable")[:n_features]
        top = top[np.argsort(-weights[-1, top], kind="stable")]  # the legend in the order of the lines' ends
        return cls(
            Cs=Cs,
            weights=weights[:, top],
            names=[str(names[f]) for f in top],
            C=None if C is None or not np.isfinite(C) else C,
            ylabel=ylabel,
        )

    def plot(self, ax: Any = None) -> RegularizationPathDisplay:
        """Draw the plot.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        RegularizationPathDisplay
            This display.
        """
        own = ax is None
        if own:
            height = max(4.8, 0.8 + 0.22 * len(self.names))  # the legend's
            _, ax = _pyplot().subplots(figsize=(7.5, height), layout="constrained")
        self.lines_ = []
        for k, name in enumerate(self.names):
            style = ("-", "--", ":", "-.")[k // 10 % 4]
            self.lines_ += ax.plot(self.Cs, self.weights[:, k], style, color=f"C{k % 10}", label=_shown(name))
        if self.C is not None:
            ax.axvline(self.C, color="0.5", linestyle="--", linewidth=1, label=f"C = {self.C:.3g}", zorder=0)
        ax.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
        ax.set_xscale("log")
        ax.set_xlabel("C")
        ax.set_ylabel(self.ylabel)
        if own:
            ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        else:
            ax.legend(fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self
