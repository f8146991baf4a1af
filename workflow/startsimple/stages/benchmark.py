"""Stage 4: a known result must be reproduced, as a distribution over seeds (method, section 9)."""

from pathlib import Path
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.pointer import folder_of
from startsimple.data.prepared import (
    Prepared,
    Statistics,
    load_prepared,
    open_test,
    read_proven,
    standardised,
)
from startsimple.data.splits import Index
from startsimple.schema.canonical import write_json
from startsimple.schema.config import BenchmarkConfig, Config
from startsimple.schema.errors import UserError
from startsimple.schema.stages import BenchmarkStage
from startsimple.schema.verdict import Verdict
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.benchmark_audit import (
    audit,
    check_halves,
    check_inputs,
    check_overlap,
    planted,
)
from startsimple.stages.benchmark_checks import RANKS, check_steps, compared
from startsimple.stages.benchmark_estimators import fitted
from startsimple.stages.benchmark_layers import check_layers
from startsimple.stages.benchmark_units import Units
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import accused_by, suspect
from startsimple.training.runs import Bench, TrainingSet, Variant, final_accuracy, unit_of
from startsimple.training.units import Result

TEST = "test"


def run(config: Config, inputs: Inputs) -> Verdict:
    """Train the published protocol over seeds and compare with the claim.

    Args:
        config: Sections dataset, loss, fault, benchmark, with stage.benchmark.
        inputs: Where the stage stands.

    Returns:
        The verdict over B-01 to B-04, B-06, D-02 and D-05, and B-07 where a reference is given.

    Raises:
        UserError: If the test split has not the size that the claim was made on, or a setting
            makes no comparison.
    """
    settings, claim = config.stage.benchmark, config.benchmark
    _require_comparison(claim, settings)
    clean, test, statistics = _data(config, inputs)
    units = Units(claim, statistics)
    inputs.record("test_opened", {"purpose": "benchmark", "reason": f"benchmark: {claim.claim}"})
    baselines = _baselines(claim, clean, test, units, inputs)
    value = claim.value if claim.value is not None else baselines[claim.baselines[0]]
    train, shown = planted(claim.protocol.bug, clean, test)
    figures, results = _measure(config, train, shown, units, inputs)
    result = compared(claim, settings, figures, value, units)
    overlap = check_overlap(train, shown)
    leaks, looks = audit(train, shown, overlap, config.seed) if result.too_good else (False, [])
    checks = [
        *result.checks(leaks, looks),
        *check_steps(result, results, TEST),
        check_inputs(train, shown),
        check_halves(train, shown),
        overlap,
        *check_layers(config, train),
    ]
    return conclude(
        inputs,
        settings,
        checks,
        deciding="B-04",
        on_pass="Find out where the error of the default model is: the gap stage takes it apart.",
        on_fail=result.remedy(),
        suspects=accused_by(checks, {"D-05": ("D09", 0.95)})
        or [
            suspect("O02", 0.4, [checks[0].evidence]),
            suspect("M17", 0.3, ["the protocol's network may differ from the published one"]),
            suspect("D02", 0.2, ["the inputs' scale may differ from the published protocol"]),
            suspect("D08", 0.2, ["labels may have moved against their inputs"]),
        ],
        numbers={
            **_numbers(claim, results),
            **result.numbers(),
            "baselines": baselines,
            "audit": list(looks),
        },
    )


def _require_comparison(claim: BenchmarkConfig, settings: BenchmarkStage) -> None:
    # A single run would show no spread between seeds.
    require("stage.benchmark.seeds", settings.seeds, 2)
    require("benchmark.protocol.training.evaluations", claim.protocol.training.evaluations, 1)
    if claim.rank not in RANKS:
        raise UserError(
            f"benchmark.rank={claim.rank} must be 1 to {len(RANKS)} (method, section 9)."
        )
    if claim.value is None and not claim.baselines:
        raise UserError("benchmark needs a published value, or baselines that are fitted here.")


def _data(config: Config, inputs: Inputs) -> tuple[Split, Split, Statistics]:
    """The protocol trains on the whole train split and is scored on test, as published."""
    folder: Path = folder_of(config.dataset, inputs.root)
    scale = config.benchmark.protocol.standardise
    statistics = load_prepared(folder, inputs.artefact, standardise=scale).statistics
    train = standardised(read_proven(folder, "train", inputs.artefact), statistics)
    test = open_test(folder, inputs.artefact, standardise=scale)
    if len(test) != config.benchmark.test_size:
        raise UserError(
            f"benchmark.test_size={config.benchmark.test_size}, but the test split of dataset "
            f"'{config.dataset.name}' has {len(test)} examples: choose the benchmark that "
            "belongs to this dataset (benchmark=<name>)."
        )
    return train, test, statistics


def _measure(
    config: Config, train: Split, test: Split, units: Units, inputs: Inputs
) -> tuple[list[float], list[Result]]:
    """Return the protocol's figures: one a seed, or one a test example where nothing is random."""
    protocol = config.benchmark.protocol
    name = protocol.estimator.name
    if name is not None:
        inputs.progress(f"fitting {name}")
        right = fitted(name, train, test, protocol.estimator.args)
        return [units.of(float(score)) for score in right], []
    bench = _bench(config, train, test)
    variant = Variant(
        optimizer=protocol.optimizer,
        schedule=protocol.schedule,
        training=protocol.training,
        model=dict(protocol.model),  # pyright: ignore[reportArgumentType, reportCallIssue]
    )
    runs = [
        unit_of(f"benchmark seed {seed}", config, seed, bench, TEST, inputs.context(), variant)
        for seed in range(config.stage.benchmark.seeds)
    ]
    results = run_all(runs, bench, inputs)
    write_json(inputs.folder / "curves.json", series_file(runs, results))
    return [units.of(final_accuracy(result, TEST)) for result in results], results


def _bench(config: Config, train: Split, test: Split) -> Bench:
    rows = Index(np.arange(len(train)), np.arange(0))
    data = Prepared(train, test, Statistics("all", [0.0], [1.0]), rows)
    return Bench({TEST: TrainingSet(data, config.dataset.classes, {TEST: test})})


def _baselines(
    claim: BenchmarkConfig, train: Split, test: Split, units: Units, inputs: Inputs
) -> dict[str, float]:
    """Fit scikit-learn's estimators on the same split: the reference of rank 7."""
    found: dict[str, float] = {}
    for name in claim.baselines:
        found[name] = units.of(float(fitted(name, train, test).mean()))
        inputs.progress(f"{name} {found[name]:.4g}")
    return found


def _numbers(claim: BenchmarkConfig, results: list[Result]) -> dict[str, Any]:
    trained: dict[str, Any] = results[0].figures if results else {"device": "cpu"}
    return {
        "device": trained["device"],
        "parameters": trained.get("parameters"),
        "claim": claim.claim,
        "metric": claim.metric,
        "source": claim.source,
        "note": claim.note,
        "rank": claim.rank,
        "rank_means": RANKS[claim.rank],
        "reference_runs": claim.runs,
        "reference_std": claim.std,
        "test_size": claim.test_size,
    }
