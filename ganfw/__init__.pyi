"""The public API, for type checkers; ``__init__.py`` loads the same names on first use."""

from .api import (
    Run as Run,
    load as load,
    resume as resume,
    run as run,
)
from .data.archives import (
    Archive as Archive,
    open_archive as open_archive,
    tar_places as tar_places,
)
from .data.download import download as download
from .data.fingerprints import fingerprint_files as fingerprint_files
from .data.picture_names import PictureList as PictureList, find_pictures as find_pictures
from .data.pictures import picture_size as picture_size, read_picture as read_picture
from .data.points import scatter_plot as scatter_plot, trail_plots as trail_plots
from .errors import (
    CheckpointError as CheckpointError,
    DataError as DataError,
    DataUnavailable as DataUnavailable,
    GanfwError as GanfwError,
    PluginError as PluginError,
    RunError as RunError,
    ShapesError as ShapesError,
    SkipItem as SkipItem,
    TrainingError as TrainingError,
    UsageError as UsageError,
    reason_of as reason_of,
)
from .images import (
    from_bytes as from_bytes,
    picture_grid as picture_grid,
    to_bytes as to_bytes,
)
from .interfaces.callback import Callback as Callback
from .interfaces.class_head import ClassHead as ClassHead
from .interfaces.dataset import Batch as Batch, Dataset as Dataset, Item as Item
from .interfaces.events import (
    Checkpoint as Checkpoint,
    Composed as Composed,
    EpochEnd as EpochEnd,
    Failure as Failure,
    GradientsReady as GradientsReady,
    Log as Log,
    Score as Score,
    Scores as Scores,
    StepEnd as StepEnd,
    StepMetrics as StepMetrics,
    TrainEnd as TrainEnd,
    TrainStart as TrainStart,
)
from .interfaces.head_option import Head as Head
from .interfaces.label_embedding import LabelEmbedding as LabelEmbedding
from .interfaces.loss import Loss as Loss, Terms as Terms
from .interfaces.metric import Generate as Generate, Metric as Metric
from .interfaces.networks import (
    Augment as Augment,
    Discriminator as Discriminator,
    Generator as Generator,
    Network as Network,
    eval_mode as eval_mode,
    generate as generate,
)
from .interfaces.options import (
    DataFacts as DataFacts,
    Options as Options,
    Schedulable as Schedulable,
)
from .interfaces.outputs import Output as Output, tensor_of as tensor_of
from .interfaces.picture_options import (
    Background as Background,
    Channels as Channels,
    ExistingFile as ExistingFile,
    ExistingFolder as ExistingFolder,
    Fit as Fit,
    PictureSize as PictureSize,
    both_sides as both_sides,
)
from .interfaces.run_view import RunComponent as RunComponent, RunView as RunView
from .interfaces.shapes import (
    Shapes as Shapes,
)
from .interfaces.turn import Critic as Critic, Turn as Turn
from .registry.component import (
    Component as Component,
)
from .registry.hookspecs import (
    hookimpl as hookimpl,
)
from .registry.session import (
    register as register,
)
from .runs.records import (
    MetricsRow as MetricsRow,
    Provenance as Provenance,
    RunWarning as RunWarning,
    ScoreRecord as ScoreRecord,
    read_provenance as read_provenance,
)
from .runs.scores import read_scores as read_scores
from .runtime.logs import log as log
from .runtime.progress import progress_bar as progress_bar
from .storage.cache import (
    cache_folder as cache_folder,
)

__version__: str
