"""AC-GAN: Odena et al. 2017, "Conditional image synthesis with auxiliary classifier GANs"."""

from pydantic import Field
from torch import nn
from torch.nn.functional import cross_entropy

from ganfw import Component, Discriminator, Generator, Loss, Options, ShapesError, hookimpl


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class Classes(Loss):
    """Eq. 3: -E log P(C = c | X) over real and generated X, for both players. Eq. 2 is the loss
    nonsaturating; give both."""

    needs = ("labels", "disc.classes")

    def terms(self, turn):
        fake = cross_entropy(turn.critic.all(turn.fake)["classes"], turn.fake_labels)
        if turn.player == "gen":
            return {"fake": fake}
        real = cross_entropy(turn.critic.all(turn.real)["classes"], turn.labels)
        return {"real": real, "fake": fake}


class ACGANGenerator(Generator):
    """The class is embedded and multiplied with the latents."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = conditional(shapes)
        width = options.channels
        self.embed = nn.Embedding(shapes.classes, shapes.latent_dim)
        layers = [nn.ConvTranspose2d(shapes.latent_dim, width, base)]
        for i in range(doublings):
            outputs = shapes.sample[0] if i == doublings - 1 else width
            up = nn.ConvTranspose2d(width, outputs, 4, 2, 1)
            layers += [nn.BatchNorm2d(width), nn.ReLU(), up]
        self.layers = nn.Sequential(*layers)

    def forward(self, latents, labels=None):
        mixed = latents * self.embed(labels)
        return self.shapes.bound(self.layers(mixed[:, :, None, None]))


class ACGANDiscriminator(Discriminator):
    """One body and two heads: scores (B,) and classes (B, K)."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        (height, width), halvings = conditional(shapes)
        layers = []
        for i in range(halvings):
            inputs = options.channels if i else shapes.sample[0]
            layers += [nn.Conv2d(inputs, options.channels, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.heads = nn.Linear(options.channels * height * width, 1 + shapes.classes)

    def forward(self, samples, labels=None):
        outputs = self.heads(self.body(samples))
        return {"scores": outputs[:, 0], "classes": outputs[:, 1:]}


def conditional(shapes):
    if not shapes.classes:
        raise ShapesError("it needs data with classes")
    return shapes.halvings()


@hookimpl
def ganfw_components():
    generator, critic = "Latents times an embedded class", "Scores, and logits of classes"
    width = "acgan:Width"
    return [
        Component("loss", "acgan", "acgan:Classes", summary="Classes told by the discriminator"),
        Component("generator", "acgan", "acgan:ACGANGenerator", width, generator),
        Component("discriminator", "acgan", "acgan:ACGANDiscriminator", width, critic),
    ]
