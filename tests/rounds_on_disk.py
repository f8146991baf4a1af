"""Runs of a family as climbs leave them, with planted errors and without training anything."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.schema.canonical import file_digest, write_json
from startsimple.schema.compose import compose_experiment
from startsimple.schema.verdict import Check, Status, Verdict, judge
from startsimple.stages.gap_analysis import Answers
from startsimple.stages.gap_store import ERRORS_FILE, write_errors

REPOSITORY = Path(__file__).resolve().parents[1]
N = 2000


def repository(root: Path) -> Path:
    """Copy conf/ into an empty repository."""
    shutil.copytree(REPOSITORY / "conf", root / "conf")
    return root


def errors(rate: float, seed: int, *, runs: int = 2, noise: float = 0.01) -> np.ndarray:
    """Draw wrong answers; examples are equally hard for every model, so that pairing helps."""
    hardness = np.random.default_rng(99).random(N)
    shaken = noise * np.random.default_rng(seed).standard_normal((runs, N))
    return (hardness + shaken < rate).astype(float)


def write_run(
    root: Path,
    experiment: str,
    *,
    overrides: tuple[str, ...] = (),
    label: str | None = None,
    route: str = "underfitting",
    val: np.ndarray | None = None,
    first_id: int = 0,
    numbers: dict[str, Any] | None = None,
    tune: dict[str, Any] | None = None,
    test: dict[str, Any] | None = None,
    regained: float | None = None,
) -> str:
    """Write config, gap and tune of a run.

    Args:
        root: A repository.
        experiment: Name of an experiment in its conf/.
        overrides: Hydra overrides.
        label: Label of the variant.
        route: What the gap stage answered.
        val: Errors on validation, shape (runs, N).
        first_id: Key of the first validation example.
        numbers: More figures of the gap stage.
        tune: Figures of the tuning stage, None if it was not climbed.
        test: Content of tune/test.json.
        regained: T-12's value in the tuning stage, None if it was not judged.

    Returns:
        Name of the run.
    """
    composed = compose_experiment(root / "conf", experiment, list(overrides), label)
    folder = root / "results" / composed.run
    resolved = {"config": composed.config, "overrides": list(composed.overrides)}
    write_json(folder / "config.json", resolved)
    val = errors(0.2, 0) if val is None else val
    train = errors(0.1, 1)
    ids = np.arange(first_id, first_id + N)
    answers = {
        name: Answers(
            Split(np.zeros((N, 1), np.float32), ids * 0, ids, ids), one, one.astype(np.int64), None
        )
        for name, one in (("train", train), ("val", val))
    }
    write_errors(folder / "gap", answers)
    figures = {
        "route": route,
        "reason": "a planted gap",
        "parameters": 100,
        "irreducible": 0.01,
        "errors": {"validation": {"value": float(val.mean()), "low": 0.0, "high": 1.0}},
        "gaps": {
            "bias": {"value": 0.09, "low": 0.07, "high": 0.11},
            "variance": {"value": float(val.mean()) - 0.1, "low": 0.05, "high": 0.15},
        },
        "curve": None,
        **(numbers or {}),
    }
    _verdict(folder / "gap", composed.run, "gap", figures, [ERRORS_FILE])
    if tune is not None:
        _verdict(folder / "tune", composed.run, "tune", tune, [], steadiness(regained))
    if test is not None:
        write_json(folder / "tune" / "test.json", test)
    return composed.run


def steadiness(regained: float | None) -> list[Check]:
    """Return T-12 as the tuning stage judges it."""
    if regained is None:
        return []
    told = f"share of the initial loss: {regained:.3f}; the range test suggests nothing"
    limit, warn = 0.1, Status.WARN
    return [
        judge("T-12", "regained", regained, "<=", limit, source="", evidence=told, otherwise=warn)
    ]


def _verdict(
    folder: Path,
    run: str,
    stage: str,
    numbers: dict[str, Any],
    artefacts: list[str],
    more: Sequence[Check] = (),
) -> None:
    checks = [judge("E-04", "route", numbers.get("route"), "!=", "undecided", source="E-04")]
    verdict = Verdict(
        run,
        stage,
        checks[0].status,
        [*checks, *more],
        "Go on.",
        outputs={name: file_digest(folder / name) for name in artefacts},
        numbers=numbers,
    )
    verdict.write(folder / "verdict.json")
