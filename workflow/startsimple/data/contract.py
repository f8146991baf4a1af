"""The data contract: every check of the data, in the order in which one needs another."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from startsimple.data.build import SPLITS
from startsimple.data.checks.content import (
    check_constant,
    check_corrupted,
    check_scale,
    check_schema,
)
from startsimple.data.checks.identity import (
    check_alignment,
    check_content,
    check_keys,
    check_order,
)
from startsimple.data.checks.labels import check_balance
from startsimple.data.checks.leakage import (
    check_duplicates,
    check_entities,
    check_integrity,
    check_leak,
)
from startsimple.data.figures import describe
from startsimple.data.pack import Split, read_split
from startsimple.data.prepared import Prepared, prepare
from startsimple.data.splits import validation_index
from startsimple.data.store import Materialised
from startsimple.schema.canonical import file_digest
from startsimple.schema.config import DatasetConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status

_FIRST_BATCH = 32
# Clauses that are skipped, and say so, where an earlier one leaves them nothing to measure.
_CLAUSES = {
    "D-01": "order of files",
    "D-02": "labels belong to inputs",
    "D-04": "schema",
    "D-05": "duplicates",
    "D-06": "label balance",
    "D-07": "constant features or labels",
    "D-08": "corrupted examples",
    "D-10": "split before scaling",
    "D-11": "entities in one split",
    "D-13": "label in one feature",
    "D-15": "scaled once",
}


@dataclass(frozen=True)
class Contract:
    """What the contract found.

    Attributes:
        checks: All checks, by id.
        prepared: The prepared data, None if they are broken.
        figures: Tables for the report; empty if the data are broken.
        numbers: Sizes and digests for the verdict.
    """

    checks: list[Check]
    prepared: Prepared | None = None
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    numbers: dict[str, Any] = field(default_factory=dict[str, Any])


def contract(data: Materialised, dataset: DatasetConfig, settings: DataStage) -> Contract:
    """Hold a dataset against the contract (section 3 of the method).

    The test split is compared with the others here, but no model is scored on it.

    Args:
        data: The dataset, its content hash proven.
        dataset: Its config.
        settings: Thresholds.

    Returns:
        The checks and what was made on the way. Checks that need sound data are skipped if a
        key, a label or a number is broken.
    """
    stored = {name: read_split(data.file(name)) for name in SPLITS}
    numbers: dict[str, Any] = {
        "md5": data.md5,
        "sha256": {name: file_digest(data.file(name)) for name in SPLITS},
        "examples": {name: len(split) for name, split in stored.items()},
    }
    first = [check_order(data.folder, dataset.source.target), check_keys(stored)]
    if first[-1].status is Status.FAIL:
        proof = check_content(data.md5, data.md5, "", "", f"The pointer's hash is {data.md5}.")
        return _broken([*first, proof], numbers)
    splits = {name: split.joined() for name, split in stored.items()}
    sound = [check_schema(splits, dataset), check_corrupted(splits)]
    if any(check.status.blocks for check in sound):
        proof = check_content(data.md5, data.md5, "", "", f"The pointer's hash is {data.md5}.")
        return _broken([first[0], proof, *sound], numbers)
    prepared = _prepared(splits["train"], dataset)
    again = _prepared(read_split(data.file("train")).joined(), dataset)
    batch = batch_digest(prepared)
    numbers |= {"first_batch": batch}
    numbers["examples"] |= {"train": len(prepared.train), "val": len(prepared.val)}
    proof = check_content(
        data.md5,
        data.md5,
        batch,
        batch_digest(again),
        f"The folder has the pointer's hash; the first prepared batch is {batch[:12]}, twice.",
    )
    index = prepared.index
    parts = {
        "train": splits["train"].take(index.train),
        "val": splits["train"].take(index.val),
        "test": splits["test"],
    }
    checks = [first[0], proof, *sound, *_sound(splits["train"], parts, prepared, dataset, settings)]
    figures = describe(parts, dataset.classes)
    return Contract(sorted(checks, key=lambda check: check.id), prepared, figures, numbers)


def batch_digest(prepared: Prepared) -> str:
    """Return the SHA-256 of the first prepared training batch, inputs then labels."""
    part = prepared.train
    content = part.x[:_FIRST_BATCH].tobytes() + part.y[:_FIRST_BATCH].tobytes()
    return hashlib.sha256(content).hexdigest()


def _prepared(train: Split, dataset: DatasetConfig) -> Prepared:
    index = validation_index(train, dataset.validation_fraction, dataset.split_seed)
    return prepare(train, index, dataset.input)


def _sound(
    train: Split,
    parts: dict[str, Split],
    prepared: Prepared,
    dataset: DatasetConfig,
    settings: DataStage,
) -> list[Check]:
    """Make the checks that need labels joined to inputs and finite numbers."""
    seed = dataset.split_seed
    return [
        check_alignment(prepared, settings.alignment_permutations, settings.alignment_p_max, seed),
        check_duplicates(parts),
        check_balance(
            train.y, dataset.classes, settings.label_perplexity_min, settings.class_ratio_max
        ),
        check_constant(train),
        check_integrity(train, prepared.index, dataset.input),
        check_entities(parts),
        check_leak(parts["train"], settings.leak_auc_max, seed),
        check_scale(train, prepared, dataset.input),
    ]


def _broken(checks: list[Check], numbers: dict[str, Any]) -> Contract:
    made = {check.id for check in checks}
    failed = next(check.id for check in checks if check.status.blocks)
    skipped = [
        Check(id, title, Status.SKIP, evidence=f"Not measured, as {failed} fails.")
        for id, title in _CLAUSES.items()
        if id not in made
    ]
    return Contract(sorted([*checks, *skipped], key=lambda check: check.id), numbers=numbers)


def differing(message: str, md5: str, expected: str) -> Contract:
    """Return the contract of data that are not the pointer's: D-03 fails, nothing else is asked.

    Args:
        message: Which file differs and the remedy.
        md5: Content hash on disk.
        expected: The pointer's.
    """
    return _broken([check_content(md5, expected, "", "", message)], {"md5": md5})
