"""Requests for metadata of a `TextClassifier`, as scikit-learn routes them; imported only where it asks for them."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import MetadataRequest


class TextClassifier(BaseEstimator):
    """The signatures that scikit-learn reads metadata from, under the name that its messages show."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None) -> None:
        """Take the arguments of `fastlr.TextClassifier.fit`."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> None:
        """Take the arguments of `fastlr.TextClassifier.score`."""


def _signatures(model: Any) -> TextClassifier:
    """Return the signatures with the requests that a model has."""
    signatures = TextClassifier()
    if hasattr(model, "_metadata_request"):
        signatures._metadata_request = model._metadata_request
    return signatures


def requests_of(model: Any) -> MetadataRequest:
    """Return a copy of the requests of a model."""
    return _signatures(model).get_metadata_routing()


def set_requests(model: Any, method: str, requests: dict[str, Any]) -> None:
    """Set requests of a method of a model."""
    signatures = _signatures(model)
    getattr(signatures, f"set_{method}_request")(**requests)
    model._metadata_request = signatures._metadata_request
