"""Arrays of other libraries under scikit-learn's array API dispatch."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import get_config


def refuse_other_arrays(**arrays: Any) -> None:
    """Raise TypeError for an array of another library if scikit-learn's ``array_api_dispatch`` is set.

    With it, scikit-learn's estimators compute with the library of their input and on its device. The kernels of fastlr
    compute with NumPy's arrays only.
    """
    if not get_config()["array_api_dispatch"]:
        return
    for name, array in arrays.items():
        if hasattr(array, "__dlpack__") and hasattr(array, "shape") and not isinstance(array, np.ndarray):
            library = type(array).__module__.split(".")[0]
            raise TypeError(
                f"fastlr does not support array_api_dispatch: {name} is an array of {library}. Convert it to a NumPy "
                "array, or set array_api_dispatch=False."
            )
