"""The public API, for type checkers; ``__init__.py`` loads the same names on first use."""

from .api import (
    Run as Run,
    load as load,
    resume as resume,
    run as run,
)
from .cache import (
    cache_folder as cache_folder,
)
from .component import (
    Component as Component,
)
from .data.pictures import (
    find_pictures as find_pictures,
    picture_grid as picture_grid,
    read_picture as read_picture,
)
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
)
from .events import (
    Checkpoint as Checkpoint,
    EpochEnd as EpochEnd,
    Failure as Failure,
    GradientsReady as GradientsReady,
    Reading as Reading,
    Readings as Readings,
    RunView as RunView,
    StepEnd as StepEnd,
    TrainEnd as TrainEnd,
    TrainStart as TrainStart,
)
from .hookspecs import (
    hookimpl as hookimpl,
)
from .interfaces import (
    Augment as Augment,
    Batch as Batch,
    Callback as Callback,
    Critic as Critic,
    Dataset as Dataset,
    Discriminator as Discriminator,
    Generator as Generator,
    Item as Item,
    Loss as Loss,
    Metric as Metric,
    Terms as Terms,
)
from .options import (
    Options as Options,
)
from .sampling import (
    generate as generate,
)
from .session import (
    register as register,
)
from .shapes import (
    Shapes as Shapes,
)

__version__: str
