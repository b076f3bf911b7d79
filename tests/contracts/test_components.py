"""What every registered component owes the engine, whoever made it."""

from __future__ import annotations

import pytest
import torch

from ganfw import Callback, Critic, Dataset, Loss, Options, Shapes, checkpoint
from ganfw.config import recipe_layer, resolve
from ganfw.discovery import discover
from ganfw.registry import Registered

REGISTRY = discover()
PICTURES = Shapes((3, 16, 16), (-1.0, 1.0), 0, 7)
POINTS = Shapes((2,), None, 0, 7)


def _of(kind: str) -> list[object]:
    return [pytest.param(each, id=each.name) for each in REGISTRY.components(kind)]


def _options(registered: Registered) -> Options:
    return registered.load_options()()  # type: ignore[no-any-return]


def test_no_plugin_is_broken() -> None:
    assert REGISTRY.broken == []


@pytest.mark.parametrize("component", REGISTRY.components(), ids=lambda each: each.component.name)
def test_it_says_what_it_is(component: Registered) -> None:
    assert component.component.summary
    assert len(component.component.summary) <= 80
    for name, field in component.load_options().model_fields.items():
        assert field.description, name
    if component.component.kind != "recipe":
        assert component.load().__doc__


def _shapes(registered: Registered) -> Shapes:
    return PICTURES if "pictures" in registered.component.tags else POINTS


@pytest.mark.parametrize("component", _of("generator"))
def test_a_generator_makes_samples_and_learns(component: Registered) -> None:
    shapes = _shapes(component)
    network = component.load()(_options(component), shapes)
    samples = network(torch.randn(3, 7), None)
    assert samples.shape == (3, *shapes.sample)
    if shapes.value_range:
        assert samples.min() >= shapes.value_range[0]
        assert samples.max() <= shapes.value_range[1]
    samples.square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("component", _of("discriminator"))
def test_a_discriminator_scores_samples_and_learns(component: Registered) -> None:
    shapes = _shapes(component)
    network = component.load()(_options(component), shapes)
    scores = network(torch.randn(3, *shapes.sample), None)
    assert scores.shape == (3,)
    scores.square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("component", _of("loss"))
def test_a_loss_gives_finite_scalars_that_reach_the_scores(component: Registered) -> None:
    torch.manual_seed(0)
    loss: Loss = component.load()(_options(component))
    weight = torch.randn(2, requires_grad=True)
    real, fake = torch.randn(5, 2, requires_grad=True), torch.randn(5, 2, requires_grad=True)

    def score(samples: torch.Tensor) -> torch.Tensor:
        return (samples * weight).sum(1) + samples.square().sum(1) * weight[0]

    critic: Critic = score
    terms = loss.discriminator_terms(critic, real, fake.detach())
    assert terms
    for each in (*terms.values(), *loss.generator_terms(critic, real, fake).values()):
        assert each.shape == ()
        assert each.isfinite()
        (gradient,) = torch.autograd.grad(each, weight, retain_graph=True)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("component", _of("callback"))
def test_a_fresh_callback_has_a_state_that_a_checkpoint_holds(
    component: Registered, tmp_path: object
) -> None:
    callback: Callback = component.load()(_options(component))
    state = {"callback": callback.state_dict()}
    checkpoint.save(tmp_path, 1, state)  # type: ignore[arg-type]
    callback.load_state_dict(checkpoint.load(tmp_path, 1)["callback"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gaussian", "sprites"])
def test_a_dataset_keeps_its_word(name: str) -> None:
    component = REGISTRY.find("dataset", name)
    dataset: Dataset = component.load()(_options(component))
    dataset.prepare(print)
    assert len(dataset) > 0
    for index in (0, len(dataset) - 1):
        sample, label = dataset[index]
        assert sample.shape == dataset.sample_shape
        assert (label is None) == (dataset.classes == 0)
    again: Dataset = component.load()(_options(component))
    again.prepare(print)
    assert dataset.fingerprint() == again.fingerprint()


@pytest.mark.parametrize("component", _of("recipe"))
def test_a_recipe_is_a_whole_run(component: Registered) -> None:
    config = resolve(REGISTRY, [recipe_layer(REGISTRY, component.name)])
    assert config.notices == ()
    assert set(config.origins.values()) <= {f"recipe {component.name}", "default"} | {
        origin for origin in config.origins.values() if origin.startswith("suggested by")
    }
