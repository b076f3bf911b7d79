"""``ganfw sample``: pictures, arrays and moving pictures from a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .plugins import plugin_option

if TYPE_CHECKING:
    from ..sampler import Sampler


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
@click.option("--seed", default=0, show_default=True, help="Seed of the latents.")
@click.option("--truncation", type=float, help="Draw latents beyond ± this again, such as 0.7.")
@click.option("--labels", default="", metavar="0,3,…", help="Labels, in turn.")
@click.option(
    "--interpolate",
    type=int,
    metavar="K",
    help="The way through K latents: a strip (.png), or moving (.webp, .gif, .apng).",
)
@click.option("--frames", type=int, default=16, show_default=True, help="Frames of each leg of it.")
@click.option("--timeline", is_flag=True, help="What became of the same latents, epoch by epoch.")
def sample_command(
    run: Path,
    number: int,
    output: str,
    plugins: tuple[Path, ...],
    seed: int,
    truncation: float | None,
    labels: str,
    interpolate: int | None,
    frames: int,
    timeline: bool,
) -> None:
    """Draw samples from RUN, a run folder or a generator's own folder.

    \b
      ganfw sample runs/0001-dcgan-sprites -n 100 -o grid.png
      ganfw sample runs/0001-dcgan-sprites --interpolate 6 -o way.webp
      ganfw sample runs/0001-dcgan-sprites --timeline -o epochs.gif
    """
    path = Path(output)
    _check(number, seed, path, timeline, interpolate)
    chosen = _numbers(labels)
    if timeline:
        click.echo(_timeline(run, path))
        return
    from ..api import load

    sampler = load(run, plugin=plugins)
    if interpolate is not None:
        click.echo(_interpolate(sampler, path, interpolate, frames, seed))
        return
    _write(sampler, output, number, seed, truncation, chosen)
    click.echo(f"{output}: {number} samples of {sampler.folder}")


def _check(number: int, seed: int, path: Path, timeline: bool, interpolate: int | None) -> None:
    if number < 1:
        raise UsageError(f"-n {number}: give 1 or more")
    if seed < 0:
        raise UsageError(f"--seed {seed}: give 0 or more")
    if timeline and interpolate is not None:
        raise UsageError("--timeline and --interpolate: give one of them")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.parent}")


def _numbers(labels: str) -> list[int]:
    try:
        return [int(label) for label in labels.split(",")] if labels else []
    except ValueError:
        raise UsageError(f"--labels {labels}: give whole numbers, such as 0,3") from None


def _write(
    sampler: Sampler,
    output: str,
    number: int,
    seed: int,
    truncation: float | None,
    labels: list[int],
) -> None:
    from .. import sample_files

    path = Path(output)
    batches = sampler.labelled(number, seed, truncation, labels)
    if output.endswith("/") or path.is_dir():
        sample_files.write_singles(path, batches, sampler.preview, number)
    elif path.suffix.lower() in sample_files.ARRAYS:
        sample_files.write_arrays(path, batches, sampler.shapes, number)
    elif number > sample_files.MOST_IN_GRID:
        raise UsageError(
            f"-n {number}: a grid holds {sample_files.MOST_IN_GRID} at most; give -o a folder/, "
            ".npz or .safetensors"
        )
    else:
        sample_files.picture_format(path)
        samples = sampler.sample(number, seed, truncation, labels)
        sample_files.write_picture(path, sampler.preview(samples))


def _interpolate(sampler: Sampler, path: Path, keys: int, frames: int, seed: int) -> str:
    from .. import sample_files

    moving = path.suffix.lower() in sample_files.ANIMATIONS
    if not moving:
        sample_files.picture_format(path)
    samples = sampler.between(keys, frames, seed, closed=moving)
    if moving:
        pictures = [sampler.preview(sample[None]) for sample in samples]
        sample_files.write_animation(path, pictures, milliseconds=60)
    else:
        sample_files.write_picture(path, sampler.strip(samples[:-1], frames))
    return f"{path}: {len(samples)} samples on the way through {keys} latents"


def _timeline(run: Path, path: Path) -> str:
    from PIL import Image

    from .. import sample_files
    from ..rundir import open_run

    folder = open_run(run).samples
    found = sorted(folder.glob("*.png"))
    if not found:
        raise UsageError(f"{folder} holds no pictures: the run was made without callback samples")
    pictures = [Image.open(each).convert("RGB") for each in found]
    if path.suffix.lower() in sample_files.ANIMATIONS:
        sample_files.write_animation(path, pictures, milliseconds=250)
    else:
        sample_files.write_picture(path, sample_files.side_by_side(pictures))
    return f"{path}: {len(pictures)} pictures, from {found[0].stem} to {found[-1].stem}"
