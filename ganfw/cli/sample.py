"""``ganfw sample``: pictures from a finished run."""

from __future__ import annotations

import io
from pathlib import Path

import click

from ..errors import RunError, UsageError
from .plugins import plugin_option


@click.command("sample")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-n", "--number", default=64, show_default=True, help="How many samples.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("samples.png"),
    show_default=True,
    help="The picture to write.",
)
@plugin_option
@click.option("--seed", default=0, show_default=True, help="Seed of the latents.")
def sample_command(
    run: Path, number: int, output: Path, plugins: tuple[Path, ...], seed: int
) -> None:
    """Draw samples from RUN, a run folder or a generator's own folder."""
    if number < 1:
        raise UsageError(f"-n {number}: give 1 or more")
    if seed < 0:
        raise UsageError(f"--seed {seed}: give 0 or more")
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}")
    form = _form(output)

    from ..api import load

    sampler = load(run, plugin=plugins)
    picture = sampler.preview(sampler.sample(number, seed))
    content = io.BytesIO()
    picture.save(content, format=form)
    _write(output, content.getvalue())
    click.echo(f"{output}: {number} samples of {sampler.folder}, {picture.width}×{picture.height}")


def _form(output: Path) -> str:
    from PIL import Image

    Image.init()
    form = Image.EXTENSION.get(output.suffix.lower())
    if form not in Image.SAVE:
        raise UsageError(f"-o {output}: '{output.suffix}' is no picture format; try .png")
    return form


def _write(output: Path, content: bytes) -> None:
    from ..atomic import write_bytes

    try:
        write_bytes(output, content)
    except OSError as error:
        raise RunError(f"{output} can't be written: {error.strerror}") from None
