"""A run in MLflow."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganfw import PluginError, RunError, RunView, reason_of

from .tracker import Tracker, flat

if TYPE_CHECKING:
    from PIL import Image

_LONGEST_VALUE = 500
_STATUS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}


class MLflow(Tracker):
    """Every step's losses and terms, the speed, scores, samples and the config. A resumed run
    continues its record.

    Without a server it is kept in a SQLite file beside the run's folder, which ``mlflow ui`` shows.
    Raises PluginError where MLflow is not installed, RunError where it can't be reached.
    """

    _client: Any = None

    def open(self, run: RunView, step: int) -> None:
        """Begin in the server or the database."""
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise PluginError(
                "callback 'mlflow' needs MLflow: pip install 'ganfw[mlflow]'"
            ) from error
        # Else it tries for minutes, and prints each step of making a database.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        folder = run.folder.path.resolve()
        uri = self.options.uri or os.environ.get("MLFLOW_TRACKING_URI")
        place = None if uri else folder.parent
        uri = uri or f"sqlite:///{folder.parent / 'mlflow.db'}"
        try:
            self._client = MlflowClient(tracking_uri=uri)
            self._begin(run, place)
        except Exception as error:  # of the network, the server, the database
            raise RunError(
                f"MLflow can't be reached at {uri} ({reason_of(error)}): start it, or give another "
                "-s callback.mlflow.uri="
            ) from error

    def write(self, step: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(_key(name), value, now, step) for name, value in values.items()]
        self._client.log_batch(self.record, metrics=metrics)

    def show(self, step: int, picture: Image.Image) -> None:
        self._client.log_image(self.record, picture, artifact_file=f"samples/{step:06d}.png")

    def close(self, how: str) -> None:
        self._client.set_terminated(self.record, _STATUS[how])

    def _begin(self, run: RunView, place: Path | None) -> None:
        if self.record is not None:
            self._client.update_run(self.record, status="RUNNING")
            return
        name = run.folder.path.resolve().name
        experiment = self._experiment(place)
        self.record = self._client.create_run(experiment, run_name=name).info.run_id
        from mlflow.entities import Param

        pairs = flat(run.config).items()
        params = [Param(_key(path), str(value)[:_LONGEST_VALUE]) for path, value in pairs]
        for start in range(0, len(params), 100):
            self._client.log_batch(self.record, params=params[start : start + 100])

    def _experiment(self, place: Path | None) -> str:
        """The experiment's number; pictures of a new one in our own database lie in ``place``."""
        name = self.options.experiment
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = None if place is None else (place / "mlflow-artifacts").as_uri()
        return str(self._client.create_experiment(name, artifact_location=location))


def _key(name: str) -> str:
    """The name with nothing that MLflow refuses."""
    return re.sub(r"[^\w./ -]", "_", name)
