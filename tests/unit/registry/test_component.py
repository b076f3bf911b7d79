from __future__ import annotations

import pytest

from ganfw import Component


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "sampler"}, "the kind must be one of dataset"),
        ({"name": "My Net"}, "a-z, 0-9 and single hyphens"),
        ({"target": "package.module"}, "does not read 'package.module:Name'"),
        ({"options": "Options"}, "does not read 'package.module:Name'"),
        ({"suggests": {"disc.optimizer.lr": 1.0}}, "only its own slot and train"),
    ],
)
def test_a_component_that_cannot_be_right_is_refused(changes: dict[str, object], said: str) -> None:
    good = {"kind": "generator", "name": "net", "target": "package.module:Net"}
    Component(**good)
    with pytest.raises(ValueError, match=said):
        Component(**{**good, **changes})


def test_a_loss_may_suggest_training_but_no_slot() -> None:
    Component("loss", "x", "a:B", suggests={"train.disc_steps": 5})
    with pytest.raises(ValueError, match="may not suggest"):
        Component("loss", "x", "a:B", suggests={"loss.x.gamma": 5})
