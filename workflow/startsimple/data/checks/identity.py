"""Are the data the right ones: the pointer's bytes, in any order, each label with its input."""

import ast
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from startsimple.data.hashing import folder_md5
from startsimple.data.listing import ordered_listings
from startsimple.data.pack import Split
from startsimple.data.reference import Reference, fit
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status, judge

# Labels that are off by one fit far better once moved; a little better is chance.
_BETTER = 0.1
_LISTINGS = {"glob", "iglob", "rglob", "iterdir", "listdir", "scandir", "walk"}


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


def check_alignment(reference: Reference, split: Split, settings: DataStage) -> Check:
    """D-02, second half: labels fit held-out inputs better than shuffled or moved labels do.

    The reference model is fitted on training examples and predicts validation labels, which are
    then shuffled. Where stored rows follow each other in a pattern, labels that are off by one
    row are not independent of the inputs: moving all of them by a row must not fit better. The
    check is blind to a few wrong labels: a single swapped pair changes the data's hash (D-03,
    which names both keys), and stands among the most suspect labels (D-19) if the classes can
    be told apart.

    Args:
        reference: Fitted on training examples, labels joined by key.
        split: The joined train split, in stored order.
        settings: How many shuffles, and the largest p-value that passes; 999 reach 0.001.
    """
    y, scores = reference.val.y, reference.held_out
    generator = np.random.default_rng(reference.seed)
    real = reference.skill(scores, y)
    shuffled = [
        reference.skill(scores, generator.permutation(y))
        for _ in range(settings.alignment_permutations)
    ]
    p = (1 + sum(skill >= real for skill in shuffled)) / (1 + len(shuffled))
    what = "of the variance of" if reference.regression else "of"
    moved = {rows: _moved_skill(reference, split, rows) for rows in (-1, 1)}
    better = max(moved, key=lambda rows: moved[rows])
    if moved[better] > real + _BETTER:
        return Check(
            "D-02",
            "labels belong to inputs",
            Status.FAIL,
            better,
            "==",
            0,
            "method D-02",
            f"The reference model predicts {real:.1%} {what} {len(y)} held-out labels, and "
            f"{moved[better]:.1%} once all labels are moved by {better} row: they are off by one.",
        )
    return judge(
        "D-02",
        "labels belong to inputs",
        round(p, 4),
        "<=",
        settings.alignment_p_max,
        source="method D-02: permutation test on held-out data",
        evidence=f"Keys are equal and unique; the reference model predicts {real:.1%} {what} "
        f"{len(y)} held-out labels, and {max(shuffled):.1%} at best after {len(shuffled)} "
        "shuffles.",
    )


def _moved_skill(reference: Reference, split: Split, rows: int) -> float:
    """Return the reference model's held-out skill with every label moved by some stored rows."""
    moved, order = np.roll(split.y, rows), np.argsort(split.x_id)
    mean, std = reference.statistics.target or (0.0, 1.0)
    y, held = (
        moved[order[np.searchsorted(split.x_id[order], part.x_id)]]
        for part in (reference.train, reference.val)
    )
    if reference.regression:
        y, held = (y - mean) / std, (held - mean) / std
    model = fit(reference.train_features, y, reference.labels)
    return reference.skill(model(reference.val_features), held)


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
