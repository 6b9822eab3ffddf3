"""Keys of their own for the tasks that load partitions.

The user's collections have keys too, and Dask runs other code under them each time it joins their tasks in another way.
Where it is still letting go of one of them while another computation asks for it, it loses that computation
(https://github.com/dask/dask/issues/9888). ``dask.graph_manipulation.clone`` leaves the references between tasks as
they were.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from dask._task_spec import convert_legacy_graph
from dask.base import clone_key
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer


def under_own_keys(blocks: Sequence[Delayed]) -> list[Delayed]:
    """Return the same delayed objects with keys that no other computation has.

    Futures keep theirs: what they stand for is computed already.
    """
    seed = secrets.token_hex(8)
    graph = HighLevelGraph.merge(*(block.dask for block in blocks))
    every = set(graph.keys())
    layers = {name: convert_legacy_graph(dict(layer), every) for name, layer in graph.layers.items()}
    renamed = {key: clone_key(key, seed) for tasks in layers.values() for key in tasks}
    own = HighLevelGraph(
        {
            clone_key(name, seed): MaterializedLayer(
                {renamed[key]: task.substitute(renamed, key=renamed[key]) for key, task in tasks.items()},
                annotations=_annotations(graph.layers[name].annotations, {renamed[key]: key for key in tasks}),
            )
            for name, tasks in layers.items()
        },
        {clone_key(name, seed): {clone_key(other, seed) for other in graph.dependencies[name]} for name in layers},
    )
    return [Delayed(renamed[block.key], own, layer=clone_key(block.__dask_layers__()[0], seed)) for block in blocks]


def _annotations(annotations: Mapping[str, Any] | None, former: dict[Any, Any]) -> dict[str, Any] | None:
    """Return the annotations of a layer, some of which may be functions of a task's key."""
    if annotations is None:
        return None
    return {
        name: {key: value(old) for key, old in former.items()}.get if callable(value) else value
        for name, value in annotations.items()
    }
