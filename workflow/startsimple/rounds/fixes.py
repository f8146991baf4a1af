"""The ordered fix lists, read from conf/fixes.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from startsimple.schema.errors import UserError
from startsimple.schema.load import build

FIXES_FILE = "fixes.yaml"
KINDS = ("multiply", "set", "raise", "add", "model", "tuned", "clip", "half_best_rate")


@dataclass(frozen=True)
class Fix:
    """One entry of a list; conf/fixes.yaml says what the keys mean."""

    letter: str
    fix: str
    cost: str
    recommended: bool = True
    change: dict[str, Any] = field(default_factory=dict[str, Any])
    unless: dict[str, Any] = field(default_factory=dict[str, Any])
    expects: list[float] | None = None


def load_fixes(conf: Path) -> dict[str, list[Fix]]:
    """Read the fix lists.

    Args:
        conf: The config folder.

    Returns:
        The fixes by route, in their order.

    Raises:
        UserError: If the file is missing or an entry is wrong.
    """
    path = conf / FIXES_FILE
    try:
        raw: Mapping[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        lists = {route: [build(Fix, entry) for entry in items] for route, items in raw.items()}
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise UserError(f"{path} does not hold the fix lists: {error}.") from error
    for fix in (fix for fixes in lists.values() for fix in fixes):
        if unknown := set(fix.change) - set(KINDS):
            raise UserError(
                f"{path}: fix '{fix.fix}' has the change '{sorted(unknown)[0]}'; "
                f"write one of {', '.join(KINDS)}."
            )
    return lists
