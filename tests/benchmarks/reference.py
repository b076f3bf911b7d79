"""What our figures are held against, written plainly.

- The book's loop (Dive into Deep Learning ch. 20): per step the generator runs twice, the
  generator's update computes the discriminator's weight gradients and drops them, Adam is made by
  default, and both losses are read with ``float()``.
- The loop of the shape that PyTorch's DCGAN example has: separate backward passes for real and
  fake, the generator run once.
- The book's pictures: torchvision's ``ImageFolder``, resized and normalised for each epoch anew, by
  a ``DataLoader`` with a process per core.

As a program: ``python tests/benchmarks/reference.py FOLDER EPOCHS BATCH`` is the book's script.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

Step = Callable[[Tensor], None]

LATENT_DIM, LR, BETAS = 100, 0.005, (0.5, 0.999)


def book_generator(width: int = 64) -> nn.Module:
    """64×64 pictures from latents (B, 100, 1, 1)."""
    layers: list[nn.Module] = []
    channels = LATENT_DIM
    for factor in (8, 4, 2, 1):
        stride, padding = (1, 0) if factor == 8 else (2, 1)
        layers += [
            nn.ConvTranspose2d(channels, width * factor, 4, stride, padding, bias=False),
            nn.BatchNorm2d(width * factor),
            nn.ReLU(),
        ]
        channels = width * factor
    return _drawn(
        nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())
    )


def book_discriminator(width: int = 64) -> nn.Module:
    """Scores (B, 1, 1, 1) of 64×64 pictures."""
    layers: list[nn.Module] = []
    channels = 3
    for factor in (1, 2, 4, 8):
        layers += [
            nn.Conv2d(channels, width * factor, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width * factor),
            nn.LeakyReLU(0.2),
        ]
        channels = width * factor
    return _drawn(nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, bias=False)))


def book_line() -> nn.Module:
    """The generator of ch. 20.1."""
    return _drawn(nn.Sequential(nn.Linear(2, 2)))


def book_mlp() -> nn.Module:
    """The discriminator of ch. 20.1."""
    return _drawn(
        nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1))
    )


def book_step(
    generator: nn.Module,
    discriminator: nn.Module,
    latents: Callable[[int], Tensor],
    lrs: tuple[float, float] = (LR, LR),
    betas: tuple[float, float] = BETAS,
) -> Step:
    """The book's two updates on one batch of real samples."""
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=lrs[0], betas=betas)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=lrs[1], betas=betas)
    loss = nn.BCEWithLogitsLoss(reduction="sum")

    def step(real: Tensor) -> None:
        ones, zeros = real.new_ones(len(real)), real.new_zeros(len(real))
        noise = latents(len(real))
        optimizer_d.zero_grad()
        real_scores = discriminator(real).flatten()
        fake_scores = discriminator(generator(noise).detach()).flatten()
        loss_d = (loss(real_scores, ones) + loss(fake_scores, zeros)) / 2
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = loss(discriminator(generator(noise)).flatten(), ones)
        loss_g.backward()
        optimizer_g.step()
        float(loss_d.detach()), float(loss_g.detach())

    return step


def examples_step(generator: nn.Module, discriminator: nn.Module) -> Step:
    """The updates in the shape of PyTorch's DCGAN example."""
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=BETAS)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=BETAS)
    loss = binary_cross_entropy_with_logits

    def step(real: Tensor) -> None:
        ones, zeros = real.new_ones(len(real)), real.new_zeros(len(real))
        discriminator.zero_grad()
        loss_real = loss(discriminator(real).flatten(), ones)
        loss_real.backward()
        fake = generator(torch.randn(len(real), LATENT_DIM, 1, 1, device=real.device))
        loss_fake = loss(discriminator(fake.detach()).flatten(), zeros)
        loss_fake.backward()
        optimizer_d.step()
        generator.zero_grad()
        loss_g = loss(discriminator(fake).flatten(), ones)
        loss_g.backward()
        optimizer_g.step()
        float((loss_real + loss_fake).detach()), float(loss_g.detach())

    return step


def book_pictures(folder: Path, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of pictures (B, 3, 64, 64) in -1..1, decoded anew."""
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    transform = transforms.Compose(
        [
            transforms.Resize((64, 64)),
            transforms.ToTensor(),
            transforms.Normalize(0.5, 0.5),
        ]
    )
    pictures = datasets.ImageFolder(str(folder), transform=transform)
    yield from DataLoader(pictures, batch, shuffle=True, num_workers=os.cpu_count() or 1)


def _drawn(network: nn.Sequential) -> nn.Module:
    for weight in network.parameters():
        nn.init.normal_(weight, 0, 0.02)
    return network


def main() -> None:
    """The book's whole script."""
    folder, epochs, batch = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    generator, discriminator = book_generator(), book_discriminator()
    step = book_step(generator, discriminator, lambda n: torch.randn(n, LATENT_DIM, 1, 1))
    for _ in range(epochs):
        for real, _labels in book_pictures(folder, batch):
            step(real)
    from PIL import Image

    with torch.no_grad():
        samples = generator(torch.randn(21, LATENT_DIM, 1, 1))
    grid = samples.permute(0, 2, 3, 1).reshape(3, 7, 64, 64, 3).permute(0, 2, 1, 3, 4)
    pixels = (grid.reshape(192, 448, 3) * 127.5 + 127.5).byte().numpy()
    Image.fromarray(pixels).save(Path(sys.argv[4]) if sys.argv[4:] else Path("book.png"))


if __name__ == "__main__":
    main()
