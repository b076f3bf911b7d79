"""Callbacks: progress, logs, pictures, checkpoints, averages, schedules."""

from ganfw import Component, hookimpl

_PACKAGE = "ganfw_plugins.callbacks"
_OPTIONS = f"{_PACKAGE}.options"

COMPONENTS = (
    Component(
        "callback",
        "progress",
        f"{_PACKAGE}.progress:Progress",
        f"{_OPTIONS}:ProgressOptions",
        "A live line on a terminal, plain lines elsewhere",
        tags=("default", "terminal"),
    ),
    Component(
        "callback",
        "metrics-log",
        f"{_PACKAGE}.metrics_log:MetricsLog",
        f"{_OPTIONS}:MetricsLogOptions",
        "Every step's losses as JSON lines in metrics.jsonl",
        tags=("default", "log"),
    ),
    Component(
        "callback",
        "samples",
        f"{_PACKAGE}.samples:Samples",
        f"{_OPTIONS}:SamplesOptions",
        "Pictures of samples from the same latents, each epoch",
        tags=("default", "picture"),
    ),
    Component(
        "callback",
        "loss-curve",
        f"{_PACKAGE}.loss_curve:LossCurve",
        f"{_OPTIONS}:LossCurveOptions",
        "Both losses in losses.png; with samples in overview.png",
        tags=("default", "picture"),
    ),
    Component(
        "callback",
        "checkpoints",
        f"{_PACKAGE}.checkpoints:Checkpoints",
        f"{_OPTIONS}:CheckpointsOptions",
        "When to save the run, and how many checkpoints to keep",
        tags=("default", "resume"),
    ),
    Component(
        "callback",
        "nonfinite-guard",
        f"{_PACKAGE}.nonfinite_guard:NonfiniteGuard",
        summary="Ends a run whose numbers become nan or infinite",
        tags=("default", "stability"),
    ),
    Component(
        "callback",
        "collapse-watch",
        f"{_PACKAGE}.collapse_watch:CollapseWatch",
        f"{_OPTIONS}:CollapseWatchOptions",
        "Warns if samples are all alike, or the critic is never wrong",
        tags=("default", "stability"),
    ),
    Component(
        "callback",
        "model-card",
        f"{_PACKAGE}.model_card:ModelCard",
        summary="A README in the run's folder: what made it, how to use it",
        tags=("default", "log"),
    ),
    Component(
        "callback",
        "ema",
        f"{_PACKAGE}.ema:Ema",
        f"{_OPTIONS}:EmaOptions",
        "Moving average of the generator, used for samples",
        tags=("average", "quality"),
    ),
    Component(
        "callback",
        "grad-clip",
        f"{_PACKAGE}.grad_clip:GradClip",
        f"{_OPTIONS}:GradClipOptions",
        "Bounds the norm of a player's gradients",
        tags=("stability",),
    ),
    Component(
        "callback",
        "clip-weights",
        f"{_PACKAGE}.clip_weights:ClipWeights",
        f"{_OPTIONS}:ClipWeightsOptions",
        "Bounds the critic's weights, for wasserstein (WGAN)",
        tags=("stability",),
    ),
    Component(
        "callback",
        "lr-schedule",
        f"{_PACKAGE}.lr_schedule:LrSchedule",
        f"{_OPTIONS}:LrScheduleOptions",
        "Learning rates that follow the step: linear, cosine, …",
        tags=("optimizer", "schedule"),
    ),
)


@hookimpl
def ganfw_components() -> tuple[Component, ...]:
    return COMPONENTS
