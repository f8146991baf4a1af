"""Does an example occur twice: in two splits, in one, or with two labels."""

import hashlib
from dataclasses import dataclass

import numpy as np

from startsimple.data.oracles import nearest_neighbours
from startsimple.data.pack import Split
from startsimple.data.targets import is_regression
from startsimple.schema.verdict import Check, Status, judge

# A quarter of the typical distance between neighbours is closer than independent examples get.
_NEAR = 0.25
# Pairs of examples whose distances are computed: about a second of one core.
_PAIRS, _QUERIES = 10_000_000, 2000


@dataclass(frozen=True)
class Duplicates:
    """Examples whose inputs occur more than once.

    Attributes:
        crossing: Held-out examples whose inputs are also among the training ones.
        within: Repetitions inside one split.
        conflicting: Repetitions with another label.
        example: Two keys that share their inputs, for the evidence.
    """

    crossing: int
    within: int
    conflicting: int
    example: str


def find_duplicates(splits: dict[str, Split]) -> Duplicates:
    """Compare the inputs of all examples, byte for byte; the first split is the training one."""
    first: dict[bytes, tuple[str, float, int]] = {}
    crossing = within = conflicting = 0
    example = ""
    for name, split in splits.items():
        for x, y, key in zip(split.x, split.y, split.x_id, strict=True):
            content = hashlib.blake2b(x.tobytes(), digest_size=16).digest()
            known = first.setdefault(content, (name, float(y), int(key)))
            if known == (name, float(y), int(key)):
                continue
            crossing += known[0] != name
            within += known[0] == name
            conflicting += known[1] != float(y)
            example = example or f"{known[0]} key {known[2]} and {name} key {int(key)}"
    return Duplicates(crossing, within, conflicting, example)


def check_duplicates(splits: dict[str, Split]) -> Check:
    """D-05: no example occurs in two splits; repetitions within one and near ones are counted.

    Repetitions within a split warn; with different classes they fail, since no model can fit
    them. A regression's target may well differ between two measurements of the same inputs.

    Args:
        splits: The parts "train", "val" and the others, in this order.
    """
    found = find_duplicates(splits)
    near = near_duplicates(splits["train"], splits["test"])
    conflicting = 0 if is_regression(splits["train"].y) else found.conflicting
    fatal = found.crossing + conflicting
    where = f", such as {found.example}" if found.example else ""
    return judge(
        "D-05",
        "duplicates",
        fatal or found.within,
        "==",
        0,
        source="method D-05",
        evidence=f"{found.crossing} inputs occur in two splits, {found.within} twice in one, "
        f"{found.conflicting} with different labels{where}; {near} test inputs nearly equal a "
        "training one.",
        otherwise=Status.FAIL if fatal else Status.WARN,
    )


def near_duplicates(train: Split, held_out: Split) -> int:
    """Count held-out inputs far closer to a training input than is usual in this set.

    Of big sets the first held-out examples are looked at, as many as take about a second.
    """
    queries = held_out.x[: min(_QUERIES, max(200, _PAIRS // len(train)))]
    distances, _ = nearest_neighbours(train.x, queries, 1)
    nearest = distances[:, 0]
    return int((nearest < _NEAR * np.median(nearest)).sum())
