"""Completion in bash, which takes ``NAME=COMPONENT`` for three words."""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


class JoinedBashComplete(BashComplete):
    """Joins words around "=", and offers what follows it, which is what bash replaces."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        joined = _joined([*words, incomplete])
        return joined[:-1], joined[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        before = incomplete[: incomplete.rfind("=") + 1]
        items = super().get_completions(args, incomplete)
        for item in items:
            item.value = item.value.removeprefix(before)
        return items


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    follows = False
    for word in words:
        if joined and (follows or word == "="):
            joined[-1] += word
        else:
            joined.append(word)
        follows = word == "="
    return joined


def register() -> None:
    """Use it for bash."""
    add_completion_class(JoinedBashComplete, "bash")
