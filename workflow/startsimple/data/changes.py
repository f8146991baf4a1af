"""What changed between two versions of a dataset: rows added, removed, relabelled."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from startsimple.data.pack import Split

_NAMED = 4


@dataclass(frozen=True)
class Changes:
    """Keys of the rows that two versions of a dataset do not share.

    A row is known by its key. A swapped pair of labels is two relabelled rows.

    Attributes:
        added: Only in the later version.
        removed: Only in the earlier version.
        relabelled: In both, with another label.
        altered: In both, with other inputs.
        moved: In both, in another split.
    """

    added: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    relabelled: list[str] = field(default_factory=list[str])
    altered: list[str] = field(default_factory=list[str])
    moved: list[str] = field(default_factory=list[str])

    def counts(self) -> dict[str, int]:
        """Return how many rows each kind of change concerns."""
        return {kind: len(keys) for kind, keys in vars(self).items()}

    def sentence(self) -> str:
        """Say what changed, with the first keys of each kind."""
        told = [
            f"{len(keys)}{' rows' if kind == 'added' else ''} {kind}{_some(keys)}"
            for kind, keys in vars(self).items()
            if keys or kind in ("added", "removed", "relabelled")
        ]
        return ", ".join(told)


def compare(before: Mapping[str, Split], after: Mapping[str, Split]) -> Changes:
    """Compare two versions of a dataset row by row.

    Args:
        before: Splits of the earlier version, labels joined to inputs.
        after: Splits of the later version, the same.

    Returns:
        What changed, keys in ascending order.
    """
    apart = _repeat(before) or _repeat(after)
    old, new = _rows(before, apart=apart), _rows(after, apart=apart)
    changes = Changes(
        added=[_name(key) for key in sorted(new.keys() - old.keys())],
        removed=[_name(key) for key in sorted(old.keys() - new.keys())],
    )
    for key in sorted(old.keys() & new.keys()):
        was, now = old[key], new[key]
        for kind, position in (("relabelled", 0), ("altered", 1), ("moved", 2)):
            if was[position] != now[position]:
                getattr(changes, kind).append(_name(key))
    return changes


_Key = tuple[int, str]
_Row = tuple[float, bytes, str]


def _rows(splits: Mapping[str, Split], *, apart: bool) -> dict[_Key, _Row]:
    """Return label, digest of the inputs and split of each row; splits apart if keys repeat."""
    return {
        (int(key), name if apart else ""): (
            float(y),
            hashlib.blake2b(x.tobytes(), digest_size=16).digest(),
            name,
        )
        for name, split in splits.items()
        for x, y, key in zip(split.x, split.y, split.x_id, strict=True)
    }


def _repeat(splits: Mapping[str, Split]) -> bool:
    keys = [int(key) for split in splits.values() for key in split.x_id]
    return len(set(keys)) < len(keys)


def _name(key: _Key) -> str:
    return f"{key[1]} {key[0]}".strip()


def _some(keys: list[str]) -> str:
    if not keys:
        return ""
    more = ", ..." if len(keys) > _NAMED else ""
    return f" (keys {', '.join(keys[:_NAMED])}{more})"
