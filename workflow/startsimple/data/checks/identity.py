"""Are the data the right ones: the pointer's bytes, in any order, each label with its input."""

import ast
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from startsimple.data.hashing import folder_md5
from startsimple.data.listing import ordered_listings
from startsimple.data.oracles import nearest_neighbours
from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared
from startsimple.data.targets import score, vote
from startsimple.schema.verdict import Check, Status, judge

_LISTINGS = {"glob", "iglob", "rglob", "iterdir", "listdir", "scandir", "walk"}
# Enough for a stable accuracy, few enough for the distances to take no time.
_REFERENCES, _QUERIES = 5000, 2000


def check_order(folder: Path, source: str, hash_of: Callable[[Path], str] = folder_md5) -> Check:
    """D-01: nothing depends on the order of a directory listing.

    The dataset is hashed with listings in ascending and in descending order, and the module of
    the dataset's source is searched for listings that are used unsorted. (Before data are
    pinned, their source is run under both orders too.)

    Args:
        folder: The dataset's folder.
        source: Import path of the dataset's source.
        hash_of: Computes the dataset's content hash.
    """
    with ordered_listings(descending=False):
        upward = hash_of(folder)
    with ordered_listings(descending=True):
        downward = hash_of(folder)
    problems = [f"{place} is used unsorted" for place in unsorted_listings(source)]
    if upward != downward:
        problems.insert(0, f"the hash {upward} becomes {downward} when listings are turned round")
    return judge(
        "D-01",
        "order of files",
        len(problems),
        "==",
        0,
        source="method D-01",
        evidence="; ".join(problems)
        or "Listings turned round leave the hash as it is, and the source sorts its listings.",
    )


def unsorted_listings(source: str) -> list[str]:
    """Find directory listings in a source's module that are not passed to sorted() directly.

    Args:
        source: Import path of a function.

    Returns:
        Each as "file:line call()".
    """
    spec = importlib.util.find_spec(source.rpartition(".")[0])
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return []
    path = Path(spec.origin)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sorted_calls = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) == "sorted"
        for argument in ast.walk(node)
    }
    return [
        f"{path.name}:{node.lineno} {_called(node)}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) in _LISTINGS
        and id(node) not in sorted_calls
    ]


def _called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def check_keys(splits: dict[str, Split]) -> Check:
    """D-02, first half: inputs and labels have the same keys, each of them once."""
    problems: list[str] = []
    for name, split in splits.items():
        for side, keys in (("inputs", split.x_id), ("labels", split.y_id)):
            values, counts = np.unique(keys, return_counts=True)
            if (counts > 1).any():
                problems.append(f"{name}: key {values[counts > 1][0]} occurs twice among {side}")
        odd = np.setxor1d(split.x_id, split.y_id)
        if len(odd):
            problems.append(f"{name}: {len(odd)} keys on one side only, such as {odd[0]}")
        if not len(split.x) == len(split.x_id) == len(split.y) == len(split.y_id):
            problems.append(f"{name}: {len(split.x)} inputs, {len(split.y)} labels, and other keys")
    return judge(
        "D-02",
        "labels belong to inputs",
        len(problems),
        "==",
        0,
        source="method D-02",
        evidence="; ".join(problems) or "Keys of inputs and labels are equal and unique.",
    )


def check_alignment(prepared: Prepared, permutations: int, p_max: float, seed: int) -> Check:
    """D-02, second half: labels fit held-out inputs better than shuffled labels do.

    Five nearest neighbours answer for validation examples, first with the training targets, then
    with permutations of them. It is blind to a small share of wrong labels, and to inputs in
    which neighbours tell nothing about the class.

    Args:
        prepared: Standardised training and validation data, labels joined by key.
        permutations: How many shuffles.
        p_max: Largest p-value that passes; 19 shuffles can reach 0.05.
        seed: Seed of the shuffles.
    """
    train = prepared.train.take(np.arange(len(prepared.train))[:_REFERENCES])
    val = prepared.val.take(np.arange(len(prepared.val))[:_QUERIES])
    _, neighbours = nearest_neighbours(train.x, val.x, min(5, len(train)))
    generator = np.random.default_rng(seed)
    real = score(vote(train.y, neighbours), val.y)
    shuffled = [
        score(vote(generator.permutation(train.y), neighbours), val.y) for _ in range(permutations)
    ]
    p = (1 + sum(other >= real for other in shuffled)) / (1 + permutations)
    return judge(
        "D-02",
        "labels belong to inputs",
        round(p, 4),
        "<=",
        p_max,
        source="method D-02: permutation test on held-out data",
        evidence=f"Keys are equal and unique; neighbours explain {real:.1%} of {len(val)} held-out "
        f"labels, and {max(shuffled):.1%} at best after {permutations} shuffles.",
    )


def check_content(md5: str, expected: str, first: str, again: str, evidence: str) -> Check:
    """D-03: the bytes are the pointer's, and preparing them again gives the same first batch.

    Args:
        md5: Content hash of the data on disk.
        expected: Content hash in the pointer.
        first: Digest of the first prepared batch.
        again: The same, read and prepared once more.
        evidence: What differs and what to do, or the digests.
    """
    if first != again:
        return Check(
            "D-03",
            "content hash",
            Status.FAIL,
            again,
            "==",
            first,
            "method D-03",
            "The first prepared batch differs when it is prepared again: preparing is random.",
        )
    return judge(
        "D-03", "content hash", md5, "==", expected, source="method D-03", evidence=evidence
    )
