"""What `fuzz_files` tries: for each family its inputs, and what reads them.

The readers are those that the command line calls; the command line itself is called now and then.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
import torch
from click.testing import CliRunner
from fuzz_inputs import (
    archives,
    arrays,
    changed_bytes,
    changed_json,
    changed_safetensors,
    changed_tree,
    saved,
    schedules,
    texts,
)
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file

import ganfw
from ganfw.cli import main as command_line
from ganfw.config.layers import Layer, Text, file_layer, toml_layer
from ganfw.config.merge import merge
from ganfw.config.paths import settable_paths
from ganfw.config.recipes import recipe_text
from ganfw.config.request import RunRequest
from ganfw.config.run_config import resolve
from ganfw.launch.prepare import prepare
from ganfw.launch.resume import _restore, resume
from ganfw.launch.starting_point import starting_point
from ganfw.launch.train import assemble
from ganfw.registry.discovery import discover
from ganfw.report.comparison import compare
from ganfw.report.listing import list_runs
from ganfw.report.summary import read as summary
from ganfw.runs.network import find_generator, load_labels
from ganfw.runs.saved_run import check_not_moved, saved_layer
from ganfw.runs.scores import read_scores
from ganfw.runtime.distributed import SINGLE_PROCESS
from ganfw.sampling.label_files import read_labels
from ganfw.sampling.sampler import Sampler
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir
from ganfw_plugins.arrays.dataset import Arrays
from ganfw_plugins.arrays.options import ArraysOptions, TableOptions
from ganfw_plugins.arrays.table import Table
from ganfw_plugins.images.archived import Archived
from ganfw_plugins.images.dataset import Folder
from ganfw_plugins.images.options import ArchiveOptions, FolderOptions

RARELY = 200
"""One example in so many also goes through the command line, or a whole resumption."""

Attempts = Iterator[Callable[[], object]]
Family = tuple[st.SearchStrategy[Any], Callable[[Any], Attempts]]

_SLOTS = ("data", "gen", "disc")
_LISTS = ("network", "loss", "augment", "callback", "no_callback", "metric")


class Files:
    """A folder with a small run and data of every kind, whose files are damaged one at a time."""

    def __init__(self, home: Path) -> None:
        self.home, self.registry, self.tried = home, discover(), 0
        found = {"data.count": 32, "callback.ema.decay": 0.5}
        made = ganfw.run(recipe="points", steps=4, metric="mode-coverage", settings=found, out=home)
        self.run, self.other = RunDir(made.path), home / "other"
        save_file({"labels": torch.zeros(3, 2)}, self.run.path / "generator/labels.safetensors")
        self.run.warnings.write_text('{"step": 1, "what": "nan", "text": "x"}\n' * 2)
        shutil.rmtree(self.run.samples)  # `fuzz_pictures` has pictures
        shutil.copytree(made.path, self.other)
        prepared = prepare(self.registry, [saved_layer(self.run)], SINGLE_PROCESS)
        self.trainer = assemble(prepared)(self.run)
        (home / "pictures").mkdir()
        for name in ("a.png", "b.png", "c.png"):
            Image.new("RGB", (9, 9), "red").save(home / "pictures" / name)

    def is_rare(self) -> bool:
        """True once in a while."""
        self.tried += 1
        return self.tried % RARELY == 0

    # Configs

    def config(self) -> Family:
        """What is typed: options, names of components, schedules."""
        whole = merge(self.registry, RunRequest(recipe="points").layers(self.registry, ""))
        paths = [path for path, _ in settable_paths(self.registry, whole.tree)]
        paths += ["loss.r1.gamma", "train.z_dim", "lr", "gen", "loss.r1", "gen.optimizer.use"]
        names = st.sampled_from([it.name for it in self.registry.components()]) | texts
        path = st.sampled_from(paths) | st.builds("{}.{}".format, st.sampled_from(paths), texts)
        value = (texts | schedules | st.integers().map(str) | st.floats().map(str)).map(Text)
        single = dict.fromkeys((*_SLOTS, "recipe", "name", "device", "precision"), names)
        several = dict.fromkeys(_LISTS, st.lists(names, max_size=2))
        numbers = dict.fromkeys(("epochs", "steps", "batch_size", "latent_dim", "seed"),
                                st.integers() | st.integers(0, 99))  # fmt: skip
        more = {"settings": st.dictionaries(path | texts, value, max_size=3), "lr": value,
                "size": value}  # fmt: skip
        found = {**single, **several, **numbers, **more}
        chosen = st.lists(st.sampled_from(sorted(found)), max_size=3, unique=True)
        return chosen.flatmap(lambda keys: st.fixed_dictionaries({k: found[k] for k in keys})), (
            self._typed
        )

    def _typed(self, request: dict[str, Any]) -> Attempts:
        def typed() -> None:
            self._replays(RunRequest(**{"recipe": "points", **request}).layers(self.registry, ""))

        yield typed
        if self.is_rare():
            yield lambda: _called("run", *_words({"recipe": "points", **request}), "--print-config")

    def _replays(self, layers: Iterable[Layer]) -> None:
        """The run that ``layers`` describe, written and read again, is the same."""
        config = resolve(self.registry, layers)
        for component in config.component_configs:
            for schedule in component.schedules.values():
                assert [schedule.at(step, 9) for step in (1, 5, 9)]
        text = config.to_toml()
        assert resolve(self.registry, [toml_layer(text, "")]).to_toml() == text

    def toml(self) -> Family:
        """Recipes, files given with --config, and what a run saved."""
        given = [recipe_text(it) for it in self.registry.components("recipe")]
        given.append(self.run.config.read_text())
        whole = [changed_bytes(text.encode()) for text in given]
        whole += [changed_tree(tomllib.loads(text)).map(_as_toml) for text in given]
        return st.one_of(whole), self._written

    def _written(self, content: bytes) -> Attempts:
        with _instead(self.run.config, content):
            yield lambda: self._replays([file_layer(self.run.config)])
            yield lambda: self._replays(
                RunRequest(start_from=self.run.path).layers(self.registry, "")
            )
            yield self._resumable
            yield lambda: compare([self.run.path, self.other])

    def _resumable(self) -> None:
        layer = saved_layer(self.run)
        changes = RunRequest(lr="0.1", callback=("ema",)).changes(self.registry, layer, "")
        check_not_moved(layer, changes, self.run.path, "resume")
        assert resolve(self.registry, [layer, changes]).to_toml(origins=True)

    # What a run reads back

    def json(self) -> Family:
        """Provenance, logs, scores, cards, and the tree of a checkpoint."""
        found = [*self.run.path.rglob("*.json"), *self.run.path.glob("*.jsonl")]
        return _one_of(found, changed_json), self._of_run

    def safetensors(self) -> Family:
        """Weights, labels and checkpoints."""
        return _one_of([*self.run.path.rglob("*.safetensors")], changed_safetensors), self._of_run

    def _of_run(self, damaged: tuple[Path, bytes]) -> Attempts:
        path, content = damaged
        with _instead(path, content):
            if path.parent == self.run.path:
                yield from self._looked_at()
            elif path.stem == "state":
                yield self._restored
            else:
                yield self._sampled
                yield self._started_from
                yield lambda: load_labels(self.run.path / "generator")
            if self.is_rare():
                yield self._resumed

    def _looked_at(self) -> Attempts:
        yield lambda: read_scores(self.run)
        yield lambda: list_runs(self.run.path)
        yield lambda: summary(self.run.path)
        if self.is_rare():
            command = ("runs", "report", "evaluate", "sample")[self.tried // RARELY % 4]
            yield lambda: _called(command, str(self.run.path))

    def _sampled(self) -> None:
        samples = Sampler(find_generator(self.run.path), self.registry).sample(2)
        assert samples.shape[0] == 2

    def _restored(self) -> None:
        step = CheckpointStore(self.run.checkpoints).last or 0
        _restore(self.trainer, CheckpointStore(self.run.checkpoints).load(step), self.run, step)

    def _started_from(self) -> None:
        request = RunRequest(recipe="points", start_from=self.run.path, steps=4)
        point = starting_point(resolve(self.registry, request.layers(self.registry, "")))
        assert point is not None
        point.give_weights(self.trainer.game)

    def _resumed(self) -> None:
        folder = self.home / "resumed"
        shutil.copytree(self.run.path, folder, dirs_exist_ok=True)
        try:
            resume(self.registry, folder, Layer("", {"train": {"steps": 6}}), None, ("fuzz",))
        finally:
            shutil.rmtree(folder)

    # Data

    def labels(self) -> Family:
        """Metadata of pictures, tables, and files of labels."""
        rows = [{"file_name": f"{name}.png", "label": i} for i, name in enumerate("abc")]
        log = changed_json(b"\n".join(map(str.encode, map(_dumps, rows))) + b"\n")
        csv = changed_bytes(b"file_name,label\na.png,1\nb.png,x\nc.png,\n")
        table = changed_bytes(b"x;y;label\n1;2;a\n3;4,5;b\n;nan;c\n")
        kinds = {"metadata.jsonl": log, "metadata.csv": csv, "t.csv": table, "t.tsv": table}
        return st.one_of(st.tuples(st.just(name), it) for name, it in kinds.items()), self._labelled

    def _labelled(self, given: tuple[str, bytes]) -> Attempts:
        name, content = given
        with _instead(self.home / "pictures" / name, content) as path:
            if name.startswith("metadata"):
                yield lambda: _read(Folder(FolderOptions(root=path.parent, size=(8, 8))))
            else:
                yield lambda: _read(Table(TableOptions(path=path)))

    def archives(self) -> Family:
        """Zip and tar archives."""
        picture, bomb = (self.home / "pictures" / "a.png").read_bytes(), bytes(2**21)
        return archives([picture, b"", b"file_name,label\n1.png,x", bomb]), self._archived

    def _archived(self, content: bytes) -> Attempts:
        with _instead(self.home / "x.zip", content) as path:
            yield lambda: _read(Archived(ArchiveOptions(root=path, size=(8, 8), corrupt="skip")))
        shutil.rmtree(self.home / "cache" / "archives", ignore_errors=True)

    def arrays(self) -> Family:
        """Files of numpy and safetensors."""
        names = st.sampled_from(("", "x", "labels", "y", "é")) | texts.filter(_can_be_saved)
        whole = st.dictionaries(names, arrays, max_size=3).map(saved)
        some = {name: torch.ones(4, 9, 9, 3) for name in ("x", "labels")}
        save_file(some, self.home / "some.safetensors")
        damaged = changed_safetensors((self.home / "some.safetensors").read_bytes())
        numpy = whole | whole.flatmap(changed_bytes)
        kinds = {"a.npy": numpy, "a.npz": numpy, "a.safetensors": damaged}
        return st.one_of(st.tuples(st.just(name), it) for name, it in kinds.items()), self._arrayed

    def _arrayed(self, given: tuple[str, bytes]) -> Attempts:
        name, content = given
        with _instead(self.home / name, content) as path:
            yield lambda: _read(Arrays(ArraysOptions(path=path)))
            yield lambda: _read(Arrays(ArraysOptions(path=path, layout="nhwc", size=(8, 8))))
            yield lambda: read_labels(path, self.trainer.run.shapes)


class _instead:
    """``content`` in the file ``path``, and what was there before afterwards."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content = path, content
        self.before = path.read_bytes() if path.exists() else None

    def __enter__(self) -> Path:
        self.path.write_bytes(self.content)
        return self.path

    def __exit__(self, *error: object) -> None:
        self.path.unlink() if self.before is None else self.path.write_bytes(self.before)


def _read(dataset: ganfw.Dataset) -> None:
    dataset.prepare()
    dataset.fingerprint()
    for index in range(min(len(dataset), 5)):
        with suppress(ganfw.SkipItem):
            assert np.shape(dataset[index][0]) == tuple(dataset.sample_shape)


def _one_of(
    paths: Iterable[Path], changed: Callable[[bytes], st.SearchStrategy[bytes]]
) -> st.SearchStrategy[tuple[Path, bytes]]:
    return st.one_of(st.tuples(st.just(path), changed(path.read_bytes())) for path in paths)


def _called(*words: str) -> None:
    result = CliRunner().invoke(command_line, words, prog_name="ganfw")
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0 or "Error: " in result.output, result.output


def _words(request: Mapping[str, Any]) -> list[str]:
    """``request`` as it is typed."""
    words: list[str] = []
    for key, value in request.items():
        values = [f"{path}={it}" for path, it in value.items()] if key == "settings" else value
        for it in values if isinstance(values, list) else [values]:
            words += ["-s" if key == "settings" else f"--{key.replace('_', '-')}", str(it)]
    return words


def _dumps(row: Mapping[str, object]) -> str:
    return str(row).replace("'", '"')


def _as_toml(tree: dict[str, Any]) -> bytes:
    try:
        return tomlkit.dumps(tree).encode("utf-8", "surrogatepass")
    except Exception:  # TOML has no null, and tomlkit no mixed lists
        return b"[data]"


def _can_be_saved(name: str) -> bool:
    return name != "file" and "\0" not in name and "/" not in name and name.isprintable()
