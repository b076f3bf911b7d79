"""VAE-GAN: Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric". The
generator is the decoder; L_GAN of z ~ N(0, I) is the loss nonsaturating, to be given beside."""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import softplus

from ganfw import Component, Discriminator, Loss, Network, Options, hookimpl


class VAEOptions(Options):
    prior: float = Field(1.0, ge=0, le=1e3, description="Factor of the encoder's prior")
    gamma: float = Field(0.01, gt=0, le=1e3, description="γ, likeness to realism for the decoder")


class Width(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map")


class VAEGAN(Loss):
    """Algorithm 1: L_prior = KL(q(z|x), N(0, I)) and L_llike = E ‖f(x) - f(x̃)‖² / 2 over features
    f of the critic, which also judges x̃ = G(z), z ~ q(z|x). The encoder learns from L_prior and
    L_llike, the decoder from γ L_llike and L_GAN."""

    needs = ("disc.features", "network.encoder")

    def terms(self, turn):
        encoded = turn.forward("encoder", turn.real)
        mean, log_variance = encoded["mean"], encoded["log_variance"]
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        judged = turn.critic.all(self.decode(turn, z.detach()), turn.labels)
        if turn.player == "disc":
            return {"rebuilt": softplus(judged["scores"]).mean()}
        gamma = self.options.gamma
        # The encoder's gradient passes through z: divided by γ, it is that of L_llike itself.
        near = turn.critic.all(self.decode(turn, z.detach().lerp(z, 1 / gamma)), turn.labels)
        wanted = turn.critic.all(turn.real)["features"].detach()
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
        return {
            "rebuilt": softplus(-judged["scores"]).mean(),
            "prior": self.options.prior * kl.mean(),
            "likeness": gamma * (near["features"] - wanted).square().sum(1).mean() / 2,
        }

    def decode(self, turn, latents):
        return turn.generate(latents, turn.labels)["samples"]


class Encoder(Network):
    """Samples (B, C, H, W) to the means and log variances (B, Z) of their latents."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layers = downwards(options.channels, shapes, 2 * shapes.latent_dim)

    def forward(self, samples):
        mean, log_variance = self.layers(samples).chunk(2, dim=1)
        return {"mean": mean, "log_variance": log_variance}


class FeatureDiscriminator(Discriminator):
    """Scores (B,), and the features (B, channels) that they are made of."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.body = downwards(options.channels, shapes, options.channels)
        self.score = nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(options.channels, 1))

    def forward(self, samples, labels=None):
        features = self.body(samples)
        return {"scores": self.score(features).squeeze(1), "features": features}


def downwards(width, shapes, outputs):
    base, halvings = shapes.halvings()
    layers = []
    for i in range(halvings):
        inputs = width if i else shapes.sample[0]
        layers += [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(width, outputs, base), nn.Flatten())


@hookimpl
def ganfw_components():
    width, options = "vaegan:Width", "vaegan:VAEOptions"
    critic, encode = "Scores, and features", "Samples to Gaussians of latents"
    return [
        Component("loss", "vaegan", "vaegan:VAEGAN", options, "Likeness by the critic's features"),
        Component("network", "encoder", "vaegan:Encoder", width, encode),
        Component("discriminator", "features", "vaegan:FeatureDiscriminator", width, critic),
    ]
