"""The data contract: every check of the data, in the order in which one needs another."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from startsimple.data.checks.audit import audit, check_audit
from startsimple.data.checks.content import (
    check_constant,
    check_corrupted,
    check_outliers,
    check_scale,
    check_schema,
)
from startsimple.data.checks.duplicates import check_duplicates
from startsimple.data.checks.identity import (
    check_alignment,
    check_content,
    check_keys,
    check_order,
)
from startsimple.data.checks.labels import (
    check_balance,
    check_noise,
    suspect_labels,
)
from startsimple.data.checks.leakage import check_leak, check_too_good
from startsimple.data.checks.separation import (
    check_entities,
    check_integrity,
    check_validation_size,
)
from startsimple.data.checks.shift import Shift, check_declared, check_shift, find_shift
from startsimple.data.faults import plant, read_joined
from startsimple.data.figures import describe
from startsimple.data.pack import Split, read_split
from startsimple.data.prepared import Prepared, prepare, standardised
from startsimple.data.proof import Materialised
from startsimple.data.reference import ROWS, Reference, sample
from startsimple.data.splits import TEST, TEST_VAL, TRAIN, validation_index
from startsimple.schema.canonical import file_digest
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status

_FIRST_BATCH = 32
_SUSPECTS = 50
# Clauses that are skipped, and say so, where an earlier one leaves them nothing to measure.
_CLAUSES = {
    "D-01": "order of files",
    "D-02": "labels belong to inputs",
    "D-04": "schema",
    "D-05": "duplicates",
    "D-06": "label balance",
    "D-07": "constant features or labels",
    "D-08": "corrupted examples",
    "D-09": "outliers",
    "D-10": "split before scaling",
    "D-11": "entities in one split",
    "D-12": "leakage audit",
    "D-13": "label in one feature",
    "D-14": "too good to be true",
    "D-15": "scaled once",
    "D-16": "declared distributions",
    "D-17": "shift between validation and test",
    "D-18": "size of the validation split",
    "D-19": "label noise",
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


def contract(
    data: Materialised, dataset: DatasetConfig, settings: DataStage, changes: str = ""
) -> Contract:
    """Hold a dataset against the contract (section 3 of the method).

    The test split is compared with the others here, but no model is scored on its labels.

    Args:
        data: The dataset, its content hash proven.
        dataset: Its config.
        settings: Thresholds.
        changes: What changed between versions of the data, for the report.

    Returns:
        The checks and what was made on the way. Checks that need sound data are skipped if a
        key, a label or a number is broken.
    """
    stored = {name: read_split(data.file(name)) for name in data.splits}
    numbers: dict[str, Any] = {
        "md5": data.md5,
        "sha256": {name: file_digest(data.file(name)) for name in stored},
        "examples": {name: len(split) for name, split in stored.items()},
    }
    first = [check_order(data.folder, dataset.source.target), check_keys(stored)]
    if first[-1].status is Status.FAIL:
        return _broken([*first, _proof(data, changes)], numbers)
    splits = plant(dataset.fault, {name: split.joined() for name, split in stored.items()})
    sound = [check_schema(splits, dataset), check_corrupted(splits)]
    if any(check.status.blocks for check in sound):
        return _broken([first[0], _proof(data, changes), *sound], numbers)
    prepared = _prepared(splits[TRAIN], dataset)
    batch = batch_digest(prepared)
    once_more = read_joined({name: data.file(name) for name in data.splits}, dataset.fault)
    again = batch_digest(_prepared(once_more[TRAIN], dataset))
    numbers |= {"first_batch": batch}
    numbers["examples"] |= {"train": len(prepared.train), "val": len(prepared.val)}
    parts = {
        "train": splits[TRAIN].take(prepared.index.train),
        "val": splits[TRAIN].take(prepared.index.val),
        **{name: split for name, split in splits.items() if name != TRAIN},
    }
    facts = Facts(splits[TRAIN], parts, prepared, dataset, settings)
    checks = [first[0], _proof(data, changes, batch, again), *sound, *facts.checks()]
    answers = audit(checks, dataset.leakage, timed=parts[TEST].time is not None)
    checks = sorted([*checks, check_audit(answers)], key=lambda check: check.id)
    return Contract(checks, prepared, facts.figures() | {"leakage": answers}, numbers)


def _proof(data: Materialised, changes: str, batch: str = "", again: str = "") -> Check:
    told = [f"The folder has the pointer's hash {data.md5}"]
    told += [f"the first prepared batch is {batch[:12]}, twice"] if batch else []
    evidence = f"{'; '.join([*told, changes] if changes else told)}."
    return check_content(data.md5, data.md5, batch, again, evidence)


def batch_digest(prepared: Prepared) -> str:
    """Return the SHA-256 of the first prepared training batch, inputs then labels."""
    part = prepared.train
    content = part.x[:_FIRST_BATCH].tobytes() + part.y[:_FIRST_BATCH].tobytes()
    return hashlib.sha256(content).hexdigest()


def _prepared(train: Split, dataset: DatasetConfig) -> Prepared:
    index = validation_index(train, dataset.validation_fraction, dataset.split_seed)
    return prepare(train, index, dataset.input)


class Facts:
    """What the checks that need sound data share.

    Args:
        train: The joined train split.
        parts: Its training and validation examples, and the other splits.
        prepared: The prepared data.
        dataset: The dataset's config.
        settings: Thresholds.
    """

    def __init__(
        self,
        train: Split,
        parts: dict[str, Split],
        prepared: Prepared,
        dataset: DatasetConfig,
        settings: DataStage,
    ) -> None:
        self.train, self.parts, self.prepared = train, parts, prepared
        self.dataset, self.settings, self.seed = dataset, settings, dataset.split_seed
        self.reference = Reference.of(prepared, dataset.input, self.seed)
        self.held = TEST_VAL if TEST_VAL in parts else TEST
        other = sample(parts[self.held], ROWS, self.seed)
        self.shift: Shift = find_shift(self.reference, standardised(other, prepared.statistics))

    def checks(self) -> Sequence[Check]:
        """Make the checks that need labels joined to inputs and finite numbers."""
        dataset, settings, parts = self.dataset, self.settings, self.parts
        error = dataset.irreducible_error
        return [
            check_alignment(self.reference, self.train, settings),
            check_duplicates(parts),
            check_balance(self.train.y, dataset.classes, settings),
            check_constant(self.train, settings),
            check_outliers(self.train, settings),
            check_integrity(self.train, self.prepared.index, dataset.input),
            check_entities(parts),
            check_leak(parts["train"], settings.leak_auc_max, self.seed),
            check_too_good(self.reference, error, settings),
            check_scale(self.train, self.prepared, dataset.input, settings),
            check_declared(dataset.shift, tuple(parts)),
            check_shift(self.shift, dataset.shift, self.held, settings),
            check_validation_size(
                len(parts["val"]), error, self.reference.regression, settings.validation_errors_min
            ),
            check_noise(self.reference, dataset, settings),
        ]

    def figures(self) -> dict[str, Any]:
        """Return the tables that people look at."""
        return {
            **describe(self.parts, self.dataset.classes),
            "suspect_labels": suspect_labels(self.reference)[:_SUSPECTS],
            "shift": {"other": self.held, **asdict(self.shift)},
        }


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
