"""Cases: one check of one component each, for pytest and for ``ganfw check``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..config import validation
from ..errors import PluginError, UsageError, did_you_mean
from ..interfaces.shapes import Shapes
from ..registry.component import KINDS, kind_in
from ..registry.discovery import discover, normalized
from ..registry.registry import Registered, Registry
from ..runtime.random_state import isolated_random_state
from . import (
    callback,
    common,
    dataset,
    discriminator,
    generator,
    loss,
    metric,
    networks,
    optimizer,
    recipe,
)
from .failure import Broken, ContractFailure, expecting, place
from .partners import find_partners, partner_of
from .subject import Subject

Check = Callable[[Subject], None]

_COMMON: tuple[Check, ...] = (
    common.says_what_it_is,
    common.options_are_described_and_bounded,
    common.options_refuse_unknown_keys,
    common.options_replay,
    common.suggestions_can_be_set,
    common.listing_imports_no_torch,
)
_CLASS: tuple[Check, ...] = (common.is_of_its_kind, *_COMMON)
_OF_KIND: dict[str, tuple[Check, ...]] = {
    "dataset": (*_CLASS, *dataset.CHECKS),
    "generator": (*_CLASS, *generator.CHECKS),
    "discriminator": (*_CLASS, *discriminator.CHECKS),
    "network": (*_CLASS, *networks.FURTHER_CHECKS),
    "loss": (*_CLASS, *loss.CHECKS),
    "augment": (*_CLASS, *networks.AUGMENT_CHECKS),
    "callback": (*_CLASS, *callback.CHECKS),
    "metric": (*_CLASS, *metric.CHECKS),
    "optimizer": (*_COMMON, *optimizer.CHECKS),
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
        return _kind_and_name(self.subject.registered)

    @property
    def title(self) -> str:
        """What is checked, in words."""
        return self.check.__name__.replace("_", " ")

    def run(self) -> None:
        """Check. Raises ContractFailure, or NotApplicable (a skip for pytest) where the check means
        nothing for this component. The random streams are left as they were."""
        who = f"{self.subject.registered.label} of {self.subject.registered.source}"
        try:
            with isolated_random_state(0), expecting("no error"):
                self.check(self.subject)
        except Broken as broken:
            if isinstance(broken.__cause__, PluginError):
                said = str(broken.__cause__)
                raise ContractFailure(who, self.title, "code that loads", said, "") from broken
            thing = broken.at or self.subject.target
            at = place(thing, broken.__traceback__, self.subject.home)
            raise ContractFailure(who, self.title, broken.expected, broken.got, at) from broken


def contract_cases(
    what: str | None = None,
    options: Mapping[str, Any] | None = None,
    shapes: Sequence[Shapes] = (),
    plugins: Sequence[str | Path] = (),
    partners: Mapping[str, str] | None = None,
) -> list[ContractCase]:
    """Every check of the components that ``what`` names; for pytest::

        @pytest.mark.parametrize("case", contract_cases("acme-gan"), ids=str)
        def test_contract(case: ContractCase) -> None:
            case.run()

    ``what`` is an installed package, a plugin file, ``KIND/NAME``, ``PACKAGE/NAME`` or a bare
    name; None means all. ``options`` are given to the component instead of its defaults, ``shapes``
    are tried instead of the usual ones, and ``plugins`` are files whose components are known too.
    ``partners`` are what a loss is checked with in place of small networks: ``{"disc": "acgan"}``,
    "gen", and further networks by the name that the loss has for them. An option of theirs is
    called ``"disc.channels"``. Raises UsageError for what is unknown, PluginError for a plugin that
    is broken.
    """
    own = [what] if what is not None and _is_file(what) else []
    registry = discover(Path(file) for file in (*plugins, *own))
    found = list(_matching(registry, what))
    if not found:
        _refuse(registry, str(what))
    with_it = find_partners(registry, partners or {}, options or {})
    if with_it and not any(registered.component.kind == "loss" for registered in found):
        raise UsageError(f"--{next(iter(with_it))} is for losses: nothing else is checked with it")
    given = {
        name: value for name, value in (options or {}).items() if not partner_of(name, with_it)
    }
    if given:
        _check_options(found, given)
    return [
        ContractCase(Subject(registry, registered, given, tuple(shapes), with_it), check)
        for registered in found
        for check in _OF_KIND[registered.component.kind]
    ]


def _check_options(found: Sequence[Registered], given: Mapping[str, Any]) -> None:
    if len(found) > 1:
        names = ", ".join(map(_kind_and_name, found[:3]))
        raise UsageError(f"options are given to one component, not to {len(found)} ({names}, …)")
    validation.validate(found[0].load_options(), given, found[0].label)


def _matching(registry: Registry, what: str | None) -> Sequence[Registered]:
    """The components that ``what`` names; see `contract_cases`."""
    found = registry.components()
    if what is None:
        return found
    head, _, name = what.partition("/")
    kind = kind_in(head)
    if not _is_file(what) and kind in KINDS and name:
        return [registry.find(kind, name)]
    source = Path(what).name if _is_file(what) else normalized(what)
    return (
        [component for component in found if source == component.source.name]
        or [component for component in found if what == component.canonical]
        or [component for component in found if what == component.name]
    )


def _refuse(registry: Registry, what: str) -> NoReturn:
    for broken in registry.broken:
        if broken.distribution == normalized(what):
            raise PluginError(str(broken))
    found = registry.components()
    names = {component.source.name for component in found} | {*map(_kind_and_name, found)}
    raise UsageError(f"nothing to check is called '{what}'{did_you_mean(what, names)}")


def _kind_and_name(registered: Registered) -> str:
    return f"{registered.component.kind}/{registered.name}"


def _is_file(what: str | Path) -> bool:
    return Path(what).suffix == ".py"
