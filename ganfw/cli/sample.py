"""``ganfw sample``: pictures, arrays and animations from a finished run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ..errors import UsageError
from ..sampling import image_files
from ..sampling.timeline import write_timeline
from ..storage.run_dir import open_run
from .options import plugin_option

if TYPE_CHECKING:
    from torch import Tensor

    from ..interfaces.shapes import Shapes
    from ..sampling.labels import Labels
    from ..sampling.sampler import Sampler

_ARRAYS = (".npz", ".safetensors")


@click.command("sample")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-n", "--number", default=64, show_default=True, help="How many samples.")
@click.option(
    "-o",
    "--output",
    default="samples.png",
    show_default=True,
    metavar="FILE|FOLDER/",
    help="A grid (.png), arrays (.npz, .safetensors), or a folder/ of single pictures.",
)
@plugin_option
@click.option("--best", is_flag=True, help="Use the generator that scored best in training.")
@click.option("--seed", default=0, show_default=True, help="Seed of the latents.")
@click.option("--truncation", type=float, metavar="T", help="Keep latents within ±T, such as 0.7.")
@click.option(
    "--labels",
    multiple=True,
    metavar="cat,3,…|FILE",
    help="Labels, in turn: classes by name or number, arrays (.npy, .npz, .safetensors), pictures.",
)
@click.option(
    "--interpolate",
    type=int,
    metavar="K",
    help="Interpolate through K latents: a row per leg (.png), or moving (.webp, .gif, .apng).",
)
@click.option("--frames", type=int, default=16, show_default=True, help="Frames of each leg.")
@click.option("--timeline", is_flag=True, help="Samples of the same latents, epoch by epoch.")
@click.pass_context
def sample_command(
    context: click.Context,
    run: Path,
    number: int,
    output: str,
    plugins: tuple[Path, ...],
    best: bool,
    seed: int,
    truncation: float | None,
    labels: tuple[str, ...],
    interpolate: int | None,
    frames: int,
    timeline: bool,
) -> None:
    """Draw samples from RUN, a run folder or a generator's own folder.

    \b
    A grid; single pictures; arrays of any length:
      ganfw sample runs/0001-dcgan-sprites -n 100 -o grid.png
      ganfw sample runs/0001-dcgan-sprites -n 100 -o singles/
      ganfw sample runs/0001-dcgan-sprites -n 1000000 -o samples.npz
    \b
    Fewer outliers; chosen labels, if the generator uses them:
      ganfw sample runs/0001-dcgan-sprites --truncation 0.7
      ganfw sample runs/0002-mine-fashion-mnist --labels coat,bag
      ganfw sample runs/0003-unet-my-pairs --labels never-seen.png
    \b
    From one latent to the next; the same latents through training:
      ganfw sample runs/0001-dcgan-sprites --interpolate 6 -o way.webp
      ganfw sample runs/0001-dcgan-sprites --timeline -o epochs.gif
    """
    path = Path(output)
    _check_flags(context, interpolate, timeline)
    _check(number, seed, path)
    if timeline:
        click.echo(write_timeline(open_run(run), path))
        return
    if interpolate is None:
        _check_samples(output, number)
    else:
        _check_interpolation(path, interpolate, frames)
    # Not at the top: torch.
    from ..api import load

    sampler = load(run, plugin=plugins, best=best)
    given = _read(labels, sampler.card.data.class_names, sampler.shapes) if labels else ()
    if interpolate is None:
        _write_samples(sampler, output, number, seed, truncation, given)
        click.echo(f"{output}: {number} samples of {sampler.folder}")
        return
    _check_one_label(given)
    moving, label = _is_moving(path), given[0] if len(given) else None
    samples = sampler.interpolate(interpolate, frames, seed, moving, truncation, label)
    _write_interpolation(sampler, path, samples, frames)
    way = f"{interpolate} latents{' and back' if moving else ''}"
    kept_to = "" if label is not None else _first_class(sampler)
    click.echo(f"{path}: {len(samples)} samples on the way through {way}{kept_to}")


def _first_class(sampler: Sampler) -> str:
    """Which class a way has that was asked for none, if its generator knows classes."""
    if not sampler.shapes.classes or not sampler.uses_labels:
        return ""
    names = sampler.card.data.class_names
    return f", all of class {names[0] if names else 0}; --labels chooses another"


def _check_flags(context: click.Context, interpolate: int | None, timeline: bool) -> None:
    """No flag is ignored silently."""
    if timeline and interpolate is not None:
        raise UsageError("--timeline and --interpolate: give one of them")
    if timeline:
        useless = {option.name for option in context.command.params} - {"run", "output", "timeline"}
        _refuse(context, useless, "--timeline, which shows pictures that the run kept")
    elif interpolate is not None:
        _refuse(context, {"number"}, "--interpolate K, which has K legs of --frames each")
    else:
        _refuse(context, {"frames"}, "samples that are drawn without --interpolate")


def _refuse(context: click.Context, names: Collection[str | None], reason: str) -> None:
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in names and source != ParameterSource.DEFAULT:
            raise UsageError(f"{option.opts[0]} means nothing for {reason}")


def _check(number: int, seed: int, path: Path) -> None:
    if number < 1:
        raise UsageError(f"-n {number}: give 1 or more")
    if seed < 0:
        raise UsageError(f"--seed {seed}: give 0 or more")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.parent}")


def _check_samples(output: str, number: int) -> None:
    if _is_folder(output) or _is_array(output):
        return
    most = image_files.MOST_IN_GRID
    image_files.picture_format(Path(output), ".png, .npz, .safetensors, or a folder/")
    if number > most:
        raise UsageError(
            f"-n {number}: a grid holds {most} at most; give -o a folder/, .npz or .safetensors"
        )


def _check_interpolation(path: Path, keys: int, frames: int) -> None:
    most = image_files.MOST_FRAMES
    image_files.picture_format(path)
    if keys * frames > most:
        raise UsageError(f"--interpolate {keys} with --frames {frames}: give {most} in all at most")


def _read(labels: Sequence[str], class_names: Sequence[str], shapes: Shapes) -> Labels:
    """Classes by name or number, or the labels in a file or folder."""
    # Not at the top: torch.
    from ..sampling.label_files import is_label_file, read_labels
    from ..sampling.labels import several

    text = ",".join(labels)
    path = Path(text)
    if text in class_names:
        return [text]
    is_one = text.strip() and not text.isdecimal()
    if is_one and (path.exists() or (is_label_file(path) and "," not in text)):
        return read_labels(path, shapes)
    return several(text, class_names)


def _check_one_label(labels: Labels) -> None:
    if len(labels) > 1:
        raise UsageError("--labels: a way keeps to one label")


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _is_array(output: str) -> bool:
    return output.lower().endswith(_ARRAYS)


def _is_moving(path: Path) -> bool:
    return path.suffix.lower() in image_files.ANIMATIONS


def _write_samples(
    sampler: Sampler,
    output: str,
    number: int,
    seed: int,
    truncation: float | None,
    labels: Labels,
) -> None:
    path = Path(output)
    batches = sampler.batches(number, seed, truncation, labels)  # drawn as they are asked for
    if _is_folder(output):
        image_files.write_picture_folder(path, batches, sampler.picture, number)
    elif _is_array(output):
        from ..sampling.array_files import write_arrays

        write_arrays(path, batches, sampler.shapes)
    else:
        grid = sampler.preview_samples(number, seed, truncation, labels)
        image_files.write_picture(path, grid)


def _write_interpolation(sampler: Sampler, path: Path, samples: Tensor, frames: int) -> None:
    if _is_moving(path):
        image_files.write_animation(path, sampler.animate(samples), milliseconds=60)
    else:
        from ..sampling.latents import split_at_keys

        grid = sampler.grid(split_at_keys(samples, frames), frames + 1)
        image_files.write_picture(path, grid)
