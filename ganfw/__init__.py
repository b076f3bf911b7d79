"""ganfw: compose and train GANs from plugins.

This module is the public API, and the only thing a plugin imports. Its names are loaded on first
use (PEP 562), so ``import ganfw`` imports neither torch nor pydantic. Type checkers read the same
names from ``__init__.pyi``.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "api": ("Run", "load", "resume", "run"),
    "data.archives": ("Archive", "open_archive", "tar_places"),
    "data.download": ("download",),
    "data.fingerprints": ("fingerprint_files",),
    "data.picture_names": ("PictureList", "find_pictures"),
    "data.pictures": ("picture_size", "read_picture"),
    "data.points": ("scatter_plot", "trail_plots"),
    "errors": (
        "CheckpointError",
        "DataError",
        "DataUnavailable",
        "GanfwError",
        "PluginError",
        "RunError",
        "ShapesError",
        "SkipItem",
        "TrainingError",
        "UsageError",
        "reason_of",
    ),
    "images": ("from_bytes", "picture_grid", "to_bytes"),
    "interfaces.callback": ("Callback",),
    "interfaces.class_head": ("ClassHead",),
    "interfaces.dataset": ("Batch", "Dataset", "Item"),
    "interfaces.events": (
        "Checkpoint",
        "Composed",
        "EpochEnd",
        "Failure",
        "GradientsReady",
        "StepMetrics",
        "Log",
        "Score",
        "Scores",
        "StepEnd",
        "TrainEnd",
        "TrainStart",
    ),
    "interfaces.head_option": ("Head",),
    "interfaces.label_embedding": ("LabelEmbedding",),
    "interfaces.loss": ("Loss", "Terms"),
    "interfaces.metric": ("Generate", "Metric"),
    "interfaces.networks": (
        "Augment",
        "Discriminator",
        "Generator",
        "Network",
        "eval_mode",
        "generate",
    ),
    "interfaces.picture_options": (
        "Background",
        "Channels",
        "ExistingFile",
        "ExistingFolder",
        "Fit",
        "PictureSize",
        "both_sides",
    ),
    "interfaces.options": ("DataFacts", "Options", "Schedulable"),
    "interfaces.outputs": ("Output", "tensor_of"),
    "interfaces.run_view": ("RunComponent", "RunView"),
    "interfaces.shapes": ("Shapes",),
    "interfaces.turn": ("Critic", "Turn"),
    "registry.component": ("Component",),
    "registry.hookspecs": ("hookimpl",),
    "registry.session": ("register",),
    "runs.records": (
        "MetricsRow",
        "Provenance",
        "RunWarning",
        "ScoreRecord",
        "read_provenance",
    ),
    "runs.scores": ("read_scores",),
    "runtime.logs": ("log",),
    "runtime.progress": ("progress_bar",),
    "storage.cache": ("cache_folder",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__version__ = "0.1.0"
__all__ = [*_MODULE_OF, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'ganfw' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
