"""Stage `simplify`: a smaller problem exists that a small network must solve."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.oracles import cross_validated, oracle
from startsimple.data.pack import Split
from startsimple.data.prepared import (
    INDEX_FILE,
    Prepared,
    Statistics,
    load_simplified,
    read_index,
    read_proven,
    standardised,
    write_index,
)
from startsimple.data.splits import Index, folds, stratified
from startsimple.data.store import materialise
from startsimple.data.targets import Integers, Targets, chance, is_regression, strata
from startsimple.schema.config import Config, DatasetConfig
from startsimple.schema.errors import UserError
from startsimple.schema.stages import SimplifyStage
from startsimple.schema.verdict import Check, Verdict, judge
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import accused_by

_FOLDS = 5
_MEMORY_MAX_MB = 1024


def run(config: Config, inputs: Inputs) -> Verdict:
    """Keep fewer classes and examples, and prove that what is left can be solved.

    Args:
        config: Needs `dataset`, `seed` and `stage.simplify`.
        inputs: Where the stage stands; the stage `data` was judged before.

    Returns:
        The verdict; the index of the simplified problem is stored as an artefact.

    Raises:
        UserError: If a class does not exist or the oracle is unknown.
    """
    settings = config.stage.simplify
    data = materialise(config.dataset, inputs.root)
    whole = read_index(inputs.artefact("data", INDEX_FILE))
    split = read_proven(data.folder, "train", inputs.artefact)
    classes = kept_classes(settings.classes, config.dataset)
    index = simplified(split, whole, classes, settings.examples, config.seed)
    write_index(inputs.folder / INDEX_FILE, index)
    loaded, again = (load_simplified(data.folder, partial(_locate, inputs)) for _ in range(2))
    inputs.progress(f"{len(loaded.train)} examples kept; asking the oracle")
    stored = split.take(index.train)
    strata_of = strata(split.y)
    parent = strata_of[whole.train][kept(split.y[whole.train], classes)]
    checks = [
        _check_size(len(loaded.train), settings),
        _check_solvable(loaded.train, stored, settings, config.seed),
        check_untouched(loaded.train, again.train, stored, loaded.statistics),
        _check_memory(loaded),
        check_histogram(parent, strata_of[index.train], settings.histogram_p_min),
    ]
    return conclude(
        inputs,
        settings,
        checks,
        deciding="S-03",
        on_pass="Climb to 'default_model'.",
        on_fail="Make the problem easier (stage.simplify.classes, stage.simplify.oracle), or go "
        "back to 'data': a problem that nothing solves proves nothing about a network.",
        suspects=accused_by(checks, {"S-03": ("D07", 0.5), "S-05": ("D13", 0.7)}),
        artefacts=[INDEX_FILE],
        numbers={
            "classes": classes.tolist(),
            "reduced": {"classes": [len(classes), config.dataset.classes]}
            | {"examples": [len(index.train), len(whole.train)]},
            "examples": {"train": len(index.train), "val": len(index.val)},
        },
    )


def _locate(inputs: Inputs, stage: str, name: str) -> Path:
    """Find this stage's own artefact before its verdict exists, and its parents' as usual."""
    return inputs.folder / name if stage == inputs.stage else inputs.artefact(stage, name)


def kept_classes(wanted: list[int] | None, dataset: DatasetConfig) -> Integers:
    """Return the classes of the simplified problem, ascending; none for a regression.

    Args:
        wanted: From the config; None keeps all.
        dataset: For its task and number of classes.

    Raises:
        UserError: If fewer than two are left or one does not exist.
    """
    classes = dataset.classes
    if dataset.task == "regression":
        if wanted is not None:
            raise UserError(f"stage.simplify.classes={wanted}: a regression has no classes.")
        return np.empty(0, dtype=np.int64)
    chosen = sorted(set(range(classes) if wanted is None else wanted))
    unknown = [label for label in chosen if not 0 <= label < classes]
    if unknown or len(chosen) < 2:
        problem = f"class {unknown[0]} does not exist" if unknown else "one class is no problem"
        raise UserError(
            f"stage.simplify.classes={wanted}: {problem}; name two or more of 0 to {classes - 1}."
        )
    return np.array(chosen, dtype=np.int64)


def kept(y: Targets, classes: Integers) -> NDArray[np.bool_]:
    """Return which targets belong to the simplified problem: those of its classes, or all."""
    return np.ones(len(y), dtype=bool) if is_regression(y) else np.isin(y, classes)


def simplified(split: Split, whole: Index, classes: Integers, examples: int, seed: int) -> Index:
    """Choose the simplified problem's examples from those of the stage `data`, stratified.

    Args:
        split: The joined train split.
        whole: Its training and validation examples.
        classes: Classes to keep.
        examples: Training examples to keep at most.
        seed: Seed of the choice.

    Returns:
        Positions in the train split; validation examples stay validation examples.
    """
    train = whole.train[kept(split.y[whole.train], classes)]
    val = whole.val[kept(split.y[whole.val], classes)]
    part = split.take(train)
    chosen = stratified(part.y, part.x_id, min(examples, len(train)), seed)
    return Index(train[chosen], val)


def _check_size(examples: int, settings: SimplifyStage) -> Check:
    return judge(
        "S-01",
        "small training set",
        examples,
        "<=",
        settings.examples,
        source="method S-01",
        evidence=f"{examples} training examples are kept.",
    )


def _check_solvable(train: Split, stored: Split, settings: SimplifyStage, seed: int) -> Check:
    """S-03: an oracle solves it; one that knows the answer reads the inputs as they are stored."""
    part = stored if "." in settings.oracle else train
    fold = folds(part.y, part.x_id, _FOLDS, seed)
    reached = cross_validated(oracle(settings.oracle), part.x, part.y, fold)
    return judge(
        "S-03",
        "solvable",
        round(reached, 4),
        ">=",
        settings.accuracy_min,
        source="method S-03",
        evidence=f"The {settings.oracle} oracle reaches {reached:.1%} in {_FOLDS}-fold "
        f"cross-validation over {len(part)} examples; chance is {chance(part.y):.1%}.",
    )


def check_untouched(loaded: Split, again: Split, stored: Split, statistics: Statistics) -> Check:
    """S-05: what is trained on are stored examples, standardised, the same at every look.

    Regularisation belongs to the model and its optimiser, which this stage does not see:
    the next stage asserts that there is none.

    Args:
        loaded: The training examples as later stages load them.
        again: The same, loaded once more; augmentation would draw them anew.
        stored: The same examples, by key, from the packed file.
        statistics: What they are standardised by.
    """
    expected = standardised(stored, statistics).x
    same = [
        first.tobytes() == second.tobytes() == third.tobytes()
        for first, second, third in zip(loaded.x, again.x, expected, strict=True)
    ]
    return judge(
        "S-05",
        "nothing augmented",
        same.count(False),
        "==",
        0,
        source="method S-05",
        evidence=f"Loaded twice, {same.count(False)} of {len(same)} examples differ from their "
        "stored ones; that nothing is regularised is asserted by 'default_model'.",
    )


def _check_memory(loaded: Prepared) -> Check:
    size = sum(part.x.nbytes + part.y.nbytes for part in (loaded.train, loaded.val)) / 2**20
    return judge(
        "S-06",
        "fits in memory",
        round(size, 3),
        "<=",
        _MEMORY_MAX_MB,
        source="method S-06; the bound is ours",
        evidence=f"Training and validation arrays take {size:.2f} MiB, without queues or shards.",
    )


def check_histogram(parent: Integers, kept: Integers, p_min: float) -> Check:
    """S-07: the chosen examples have their parent's share of every class (chi-square test).

    Args:
        parent: Labels to choose from.
        kept: Labels of the chosen examples.
        p_min: p-value that must be exceeded.
    """
    labels, sizes = np.unique(parent, return_counts=True)
    observed = np.array([(kept == label).sum() for label in labels])
    expected = sizes / sizes.sum() * len(kept)
    statistic = float((np.square(observed - expected) / expected).sum())
    special: Any = import_module("scipy.special")
    p = float(special.chdtrc(len(labels) - 1, statistic))
    return judge(
        "S-07",
        "stratified",
        round(p, 4),
        ">",
        p_min,
        source="method S-07",
        evidence=f"Class counts {observed.tolist()} of {sizes.tolist()}: chi-square "
        f"{statistic:.3f}, p = {p:.3f}.",
    )
