"""The scores that a script prints, by name: a plain script has nowhere else to log them."""

import builtins
import io
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from startsimple.program.aside import patch

# A name of up to three words and a number with decimals, such as "val acc: 0.93" or "AUC=0.71".
_WORD = r"[A-Za-z][\w@-]*"
_SCORE = re.compile(rf"({_WORD}(?:[ /]{_WORD}){{0,2}})\s*[:=]?\s*(-?\d+\.\d+)(?![\d/]|\s*/)")
# Others are printed of much else: "precision 16.0", "accel 9.81".
SHARES = frozenset(["acc", "accuracy", "auc", "auroc", "f1"])


def watch_prints(stack: ExitStack, logged: dict[str, list[float]]) -> None:
    """Add every score that is printed to what was logged, until the stack is left."""

    def wrap(original: Callable[..., None]) -> Callable[..., None]:
        def show(*values: Any, **options: Any) -> None:
            if options.get("file") is None or not isinstance(options["file"], io.StringIO):
                for name, value in scores_in(" ".join(map(str, values))):
                    logged.setdefault(name, []).append(value)
            original(*values, **options)

        return show

    patch(stack, builtins, "print", wrap)


def scores_in(text: str) -> list[tuple[str, float]]:
    """Return the shares named in a line, as (name, value), in order.

    Args:
        text: What is printed.

    Returns:
        Names with underscores and in lower case; numbers without decimals are counts.
    """
    found = list[tuple[str, float]]()
    for name, number in _SCORE.findall(text):
        words = re.split(r"[\s_/@-]+", name.lower())
        if SHARES & {*words}:
            found.append(("_".join(words), float(number)))
    return found
