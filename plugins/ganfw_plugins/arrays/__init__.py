"""Arrays and tables as datasets: pictures, points, series."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The files of numpy and safetensors, and tables of numbers."""
    return [
        Component(
            "dataset",
            "arrays",
            target="ganfw_plugins.arrays.dataset:Arrays",
            options="ganfw_plugins.arrays.options:ArraysOptions",
            summary="Pictures, points or series in a .npy, .npz or .safetensors file",
            tags=("pictures", "points"),
            paths={".npy": "path", ".npz": "path", ".safetensors": "path"},
        ),
        Component(
            "dataset",
            "table",
            target="ganfw_plugins.arrays.table:Table",
            options="ganfw_plugins.arrays.options:TableOptions",
            summary="Columns of a CSV or Parquet file as points",
            tags=("points",),
            paths={".csv": "path", ".tsv": "path", ".parquet": "path"},
        ),
    ]
