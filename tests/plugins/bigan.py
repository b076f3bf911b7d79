"""BiGAN: Donahue et al. 2017, "Adversarial feature learning"; ALI: Dumoulin et al. 2017,
"Adversarially learned inference"."""

from pydantic import Field
from torch import nn
from torch.nn.functional import leaky_relu, softplus

from ganfw import Component, Discriminator, Loss, Network, Options, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Pairs(Loss):
    """Donahue's eq. 3: max over D, min over G and E of E log D(x, E(x)) + E log(1 - D(G(z), z));
    with both labels flipped for G and E (section 3.4)."""

    needs = ("network.encoder",)

    def terms(self, turn):
        encoded = turn.forward("encoder", turn.real)
        real = turn.forward("disc", turn.augment(turn.real), turn.labels, encoded)
        fake = turn.forward("disc", turn.augment(turn.fake), turn.fake_labels, turn.latents)
        sign = 1 if turn.player == "disc" else -1
        return {"encoded": softplus(-sign * real).mean(), "decoded": softplus(sign * fake).mean()}


class Encoder(Network):
    """Samples (B, C, H, W) to latents (B, Z)."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layers = downwards(options.channels, shapes, shapes.latent_dim)

    def forward(self, samples):
        return self.layers(samples)


class PairDiscriminator(Discriminator):
    """Scores (B,) of samples with their latents (B, Z), which are 0 if not given."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.of_samples = downwards(options.channels, shapes, options.channels)
        self.of_latents = nn.Linear(shapes.latent_dim, options.channels)
        self.score = nn.Linear(options.channels, 1)

    def forward(self, samples, labels=None, latents=None):
        if latents is None:
            latents = samples.new_zeros(len(samples), self.shapes.latent_dim)
        pairs = self.of_samples(samples) + self.of_latents(latents)
        return self.score(leaky_relu(pairs, 0.2)).squeeze(1)


def downwards(width, shapes, outputs):
    base, halvings = shapes.halvings()
    layers = []
    for i in range(halvings):
        inputs = width if i else shapes.sample[0]
        layers += [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(width, outputs, base), nn.Flatten())


@hookimpl
def ganfw_components():
    width = "bigan:Width"
    judge, encode = "Scores of samples with their latents", "Samples to latents"
    return [
        Component("loss", "bigan", "bigan:Pairs", summary="An encoder learns to invert G"),
        Component("network", "encoder", "bigan:Encoder", width, encode),
        Component("discriminator", "pairs", "bigan:PairDiscriminator", width, judge),
    ]
