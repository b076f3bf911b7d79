"""Cases: every check of every component in question, for pytest and for ``ganfw check``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..config import validation
from ..errors import PluginError, UsageError, did_you_mean
from ..interfaces.shapes import Shapes
from ..registry.component import KIND_OF, KINDS
from ..registry.discovery import discover, normalized
from ..registry.registry import Registered, Registry
from . import augment, callback, common, dataset, discriminator, generator, loss, metric, recipe
from .failure import Broken, ContractFailure, expecting, place
from .subject import Subject

Check = Callable[[Subject], None]

_COMMON: tuple[Check, ...] = (
    common.says_what_it_is,
    common.is_of_its_kind,
    common.options_are_described_and_bounded,
    common.options_refuse_what_they_do_not_know,
    common.options_replay,
    common.suggestions_can_be_set,
    common.listing_imports_no_torch,
)
_OF_KIND: dict[str, tuple[Check, ...]] = {
    "dataset": (*_COMMON, *dataset.CHECKS),
    "generator": (*_COMMON, *generator.CHECKS),
    "discriminator": (*_COMMON, *discriminator.CHECKS),
    "loss": (*_COMMON, *loss.CHECKS),
    "augment": (*_COMMON, *augment.CHECKS),
    "callback": (*_COMMON, *callback.CHECKS),
    "metric": (*_COMMON, *metric.CHECKS),
    "recipe": (common.says_what_it_is, *recipe.CHECKS),
}


@dataclass(frozen=True)
class ContractCase:
    """One check of one component. ``str(case)`` is a short name of it."""

    subject: Subject
    check: Check

    def __str__(self) -> str:
        return f"{self.component}-{self.check.__name__}"

    @property
    def component(self) -> str:
        """The component's kind and name, such as ``loss/hinge``."""
        registered = self.subject.registered
        return f"{registered.component.kind}/{registered.name}"

    @property
    def title(self) -> str:
        """What is checked, in words."""
        return self.check.__name__.replace("_", " ")

    def run(self) -> None:
        """Check. Raises ContractFailure, or NotApplicable (which pytest takes for a skip) where
        the check means nothing for this component. The random streams are left as they were."""
        numpy_state, python_state = np.random.get_state(), random.getstate()
        try:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                self._run()
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)

    def _run(self) -> None:
        who = f"{self.subject.registered.label} of {self.subject.registered.source}"
        try:
            with expecting("no error"):
                self.check(self.subject)
        except Broken as broken:
            if isinstance(broken.__cause__, PluginError):
                said = str(broken.__cause__)
                raise ContractFailure(who, self.title, "code that loads", said, "") from broken
            at = place(broken.at, broken.__traceback__, self.subject.home)
            raise ContractFailure(who, self.title, broken.expected, broken.got, at) from broken


def contract_cases(
    what: str | None = None,
    options: Mapping[str, Any] | None = None,
    shapes: Sequence[Shapes] = (),
    plugins: Sequence[str | Path] = (),
) -> list[ContractCase]:
    """Every check that the components named by ``what`` must pass; for pytest::

        @pytest.mark.parametrize("case", contract_cases("acme-gan"), ids=str)
        def test_contract(case: ContractCase) -> None:
            case.run()

    ``what`` is an installed package, a plugin file, ``KIND/NAME``, ``PACKAGE/NAME`` or a bare
    name; None for all there is. ``options`` are given to the component instead of its defaults,
    ``shapes`` tried instead of the usual ones, ``plugins`` are files whose components are there
    too.
    Raises UsageError for what is unknown, PluginError for a plugin that is broken.
    """
    own = [what] if what is not None and _is_file(what) else []
    registry = discover(Path(each) for each in (*plugins, *own))
    given = dict(options or {})
    found = find_subjects(registry, what)
    if given:
        _check_options(found, given)
    return [
        ContractCase(Subject(registry, registered, given, tuple(shapes)), check)
        for registered in found
        for check in _OF_KIND[registered.component.kind]
    ]


def _check_options(found: Sequence[Registered], given: Mapping[str, Any]) -> None:
    if len(found) > 1:
        names = ", ".join(f"{each.component.kind}/{each.name}" for each in found[:3])
        raise UsageError(f"options are given to one component, not to {len(found)} ({names}, …)")
    validation.validate(found[0].load_options(), given, found[0].label)


def find_subjects(registry: Registry, what: str | None) -> list[Registered]:
    """The components that ``what`` names; see `contract_cases`."""
    found = list(_matching(registry, what))
    if found:
        return found
    for broken in registry.broken:
        if what is not None and broken.distribution == normalized(what):
            raise PluginError(str(broken))
    names = {each.source.name for each in registry.components()}
    names |= {f"{each.component.kind}/{each.name}" for each in registry.components()}
    raise UsageError(f"nothing to check is called '{what}'{did_you_mean(what or '', names)}")


def _matching(registry: Registry, what: str | None) -> Iterator[Registered]:
    if what is None:
        yield from registry.components()
        return
    source = Path(what).name if _is_file(what) else normalized(what)
    head, _, name = what.partition("/")
    kind = KIND_OF.get(head, head)
    if not _is_file(what) and kind in KINDS and name:
        yield registry.find(kind, name)
        return
    found = registry.components()
    whole = [each for each in found if each.source.name == source or each.canonical == what]
    yield from whole or [each for each in found if each.name == what]


def _is_file(what: str | None) -> bool:
    return what is not None and what.endswith(".py")
