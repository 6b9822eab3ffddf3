"""Sizes of partitions for Dask, which otherwise takes objects that it does not know for a few bytes.

Dask decides by sizes what fits into a worker's memory, and where a task runs. Importing this module registers them.
"""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp
from dask.sizeof import sizeof

from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.data.targets import Targets
from fastlr.distributed import partition, sgd_partition
from fastlr.distributed.touched_columns import RenumberedRows
from fastlr.text.documents import Documents


@sizeof.register(Problem)
@sizeof.register(Rows)
@sizeof.register(RenumberedRows)
@sizeof.register(Targets)
@sizeof.register(partition.Piece)
@sizeof.register(sgd_partition.Piece)
@sizeof.register(Documents)
@sizeof.register(sp.sparray)
def sizeof_attributes(value: Any) -> int:
    """Return the size of all attributes of an object."""
    return sum(sizeof(attribute) for attribute in vars(value).values())
