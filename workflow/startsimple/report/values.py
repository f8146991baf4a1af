"""Numbers as people read them; the terminal and the page share these."""

import math
from typing import Any

NOTHING = "\N{EN DASH}"
_OPERATORS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}


def show(value: Any, digits: int = 4) -> str:
    """Return a value in at most `digits` significant digits.

    Args:
        value: Number, truth value, string, pair or None.
        digits: Significant digits of a float.
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _show_float(value, digits)
    if isinstance(value, list | tuple):
        return ", ".join(show(item, digits) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return str(value)


def _show_float(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    text = f"{value:.{digits}g}"
    return text.replace("e-0", "e-").replace("e+0", "e+")


def show_bound(op: str, threshold: Any, digits: int = 4) -> str:
    """Return a threshold with its comparison, such as "≤ 0.01" or a range."""
    if threshold is None:
        return ""
    if op == "in" and isinstance(threshold, list | tuple):
        low, high = threshold  # pyright: ignore[reportUnknownVariableType]
        return f"{show(low, digits)}\N{EN DASH}{show(high, digits)}"
    return f"{_OPERATORS.get(op, op)} {show(threshold, digits)}"


def show_seconds(seconds: float | None) -> str:
    """Return a duration: seconds below two minutes, then minutes, then hours."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def shorten(text: str, width: int) -> str:
    """Cut a text at a word's end, so that it fits a column; the cut shows as an ellipsis."""
    if len(text) <= width:
        return text
    cut = text[: max(width - 1, 0)].rsplit(" ", 1)[0].rstrip(" ,;:(")
    return f"{cut[: width - 1]}…"
