"""InfoGAN: Chen et al. 2016, "InfoGAN: interpretable representation learning by information
maximizing generative adversarial nets"."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from ganfw import (
    Component,
    Discriminator,
    Generator,
    Loss,
    Network,
    Options,
    hookimpl,
)


class InfoOptions(Options):
    strength: float = Field(1.0, ge=0, le=1e3, description="λ, the factor of the term")


class CodeOptions(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")
    categories: int = Field(10, ge=2, le=1000, description="K, the values of the code")


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Information(Loss):
    """Eq. 6: G and Q minimise -λ L_I, which is λ E -log Q(c | G(z, c)) but for a constant: the
    entropy of c (eq. 5). The game beside it is the loss nonsaturating; give both."""

    needs = ("gen.code", "disc.features", "network.q")

    def terms(self, turn):
        if turn.player == "disc":
            return {}
        logits = turn.forward("q", turn.critic.all(turn.fake)["features"])
        code = turn.generated["code"].argmax(1)
        return {"code": self.options.strength * cross_entropy(logits, code)}


class CodeGenerator(Generator):
    """Latents (B, K + Z): a code of K ``categories``, uniform, as a one-hot vector, and then noise.
    Gives the code beside the samples."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        width = options.channels
        inputs = options.categories + shapes.latent_dim
        layers = [nn.ConvTranspose2d(inputs, width, base)]
        for i in range(doublings):
            outputs = shapes.sample[0] if i == doublings - 1 else width
            up = nn.ConvTranspose2d(width, outputs, 4, 2, 1)
            layers += [nn.BatchNorm2d(width), nn.ReLU(), up]
        self.layers = nn.Sequential(*layers)

    def draw_latents(self, count, random):
        categories, device = self.options.categories, random.device
        code = torch.randint(categories, (count,), generator=random, device=device)
        noise = torch.randn(count, self.shapes.latent_dim, generator=random, device=device)
        return torch.cat([one_hot(code, categories), noise], dim=1)

    def forward(self, latents, labels=None):
        samples = self.shapes.bound(self.layers(latents[:, :, None, None]))
        return {"samples": samples, "code": latents[:, : self.options.categories]}


class FeatureDiscriminator(Discriminator):
    """Scores (B,), and the features (B, channels) that they are made of."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, halvings = shapes.halvings()
        width, layers = options.channels, []
        for i in range(halvings):
            inputs = width if i else shapes.sample[0]
            layers += [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(0.1)]
        last = nn.Conv2d(width, width, base)
        self.body = nn.Sequential(*layers, last, nn.LeakyReLU(0.1), nn.Flatten())
        self.score = nn.Linear(width, 1)

    def forward(self, samples, labels=None):
        features = self.body(samples)
        return {"scores": self.score(features).squeeze(1), "features": features}


class Q(Network):
    """The critic's features (B, channels) to logits (B, K) of the code; as wide as the critic."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer = nn.Linear(options.channels, options.categories)

    def forward(self, features):
        return self.layer(features)


@hookimpl
def ganfw_components():
    code, loss = "infogan:CodeOptions", "infogan:InfoOptions"
    generator, critic = "Latents with a categorical code", "Scores, and features"
    return [
        Component("loss", "information", "infogan:Information", loss, "A code that can be told"),
        Component("generator", "code", "infogan:CodeGenerator", code, generator),
        Component("discriminator", "features", "infogan:FeatureDiscriminator", "infogan:Width",
                  critic),
        Component("network", "q", "infogan:Q", code, "The code, told from the critic's features"),
    ]  # fmt: skip
