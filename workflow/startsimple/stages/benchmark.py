"""Stage 4: a known result must be reproduced, as a distribution over seeds (method, section 9)."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from startsimple.data.pack import Split, read_split
from startsimple.data.prepared import load_prepared, open_test, standardised
from startsimple.schema.canonical import write_json
from startsimple.schema.config import BenchmarkConfig, Config
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.stages import BenchmarkStage
from startsimple.schema.verdict import Verdict
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.benchmark_checks import RANKS, judge_claim, steps_to, tolerance_of
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import suspect
from startsimple.training.runs import Bench, TrainingSet, Variant, final_accuracy, unit_of
from startsimple.training.statistics import mean_interval
from startsimple.training.units import Result

TEST = "test"


def run(config: Config, inputs: Inputs) -> Verdict:
    """Train the published protocol over seeds and compare with the claim.

    Args:
        config: Sections dataset, loss, fault, benchmark, with stage.benchmark.
        inputs: Where the stage stands.

    Returns:
        The verdict over B-01 to B-04.

    Raises:
        UserError: If the test split has not the size that the claim was made on, or a setting
            makes no comparison.
    """
    settings, claim = config.stage.benchmark, config.benchmark
    _require_comparison(claim, settings)
    train, test, bench = _bench(config, inputs)
    protocol = claim.protocol
    variant = Variant(
        optimizer=protocol.optimizer,
        schedule=protocol.schedule,
        training=protocol.training,
        model=dict(protocol.model),  # pyright: ignore[reportArgumentType, reportCallIssue]
    )
    units = [
        unit_of(f"benchmark seed {seed}", config, seed, bench, TEST, inputs.context(), variant)
        for seed in range(settings.seeds)
    ]
    reason = f"benchmark: {claim.claim}"
    inputs.record("test_opened", {"purpose": "benchmark", "reason": reason})
    results = run_all(units, bench, inputs)
    scores = [final_accuracy(result, TEST) for result in results]
    baselines = _baselines(claim, train, test, inputs)
    value = claim.value if claim.value is not None else baselines[claim.baselines[0]]
    write_json(inputs.folder / "curves.json", series_file(units, results))
    steps = steps_to(results, TEST, value - tolerance_of(claim, value))
    checks = judge_claim(claim, settings, scores, value, steps)
    return conclude(
        inputs,
        settings,
        checks,
        deciding="B-04",
        on_pass="Find out where the error of the default model is: the gap stage takes it apart.",
        on_fail="Assume a bug: failing on a benchmark is rarely the benchmark's fault.",
        suspects=[
            suspect("O02", 0.4, [checks[0].evidence]),
            suspect("M17", 0.3, ["the protocol's network may differ from the published one"]),
            suspect("D02", 0.2, ["the inputs' scale may differ from the published protocol"]),
        ],
        numbers=_numbers(claim, settings, scores, value, baselines, results),
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


def _bench(config: Config, inputs: Inputs) -> tuple[Split, Split, Bench]:
    """The protocol trains on the whole train split and is scored on test, as published."""
    folder: Path = inputs.root / "data" / config.dataset.name
    scaled = config.benchmark.protocol.standardise
    prepared = load_prepared(folder, inputs.artefact, standardise=scaled)
    train = read_split(folder / "train.safetensors").joined()
    if scaled:
        train = standardised(train, prepared.statistics)
    test = open_test(folder, inputs.artefact, standardise=scaled)
    if len(test) != config.benchmark.test_size:
        raise UserError(
            f"benchmark.test_size={config.benchmark.test_size}, but the test split of dataset "
            f"'{config.dataset.name}' has {len(test)} examples: choose the benchmark that "
            "belongs to this dataset (benchmark=<name>)."
        )
    data = replace(prepared, train=train, val=test)
    return train, test, Bench({TEST: TrainingSet(data, config.dataset.classes, {TEST: test})})


def _baselines(
    claim: BenchmarkConfig, train: Split, test: Split, inputs: Inputs
) -> dict[str, float]:
    """Fit scikit-learn's estimators on the same split: the reference of rank 7."""
    if not claim.baselines:
        return {}
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    makers: dict[str, Any] = {
        "logistic_regression": lambda: LogisticRegression(max_iter=1000),
        "k_nearest_neighbours": lambda: KNeighborsClassifier(5),
        "support_vector_machine": lambda: SVC(),
    }
    scores: dict[str, float] = {}
    for name in claim.baselines:
        if name not in makers:
            raise UserError(f"benchmark.baselines: no '{name}'. {nearest(name, makers)}")
        model = makers[name]().fit(train.x.reshape(len(train), -1), train.y)
        scores[name] = float(model.score(test.x.reshape(len(test), -1), test.y))
        inputs.progress(f"{name} {scores[name]:.3f}")
    return scores


def _numbers(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    scores: list[float],
    value: float,
    baselines: dict[str, float],
    results: list[Result],
) -> dict[str, Any]:
    return {
        "device": results[0].figures["device"],
        "parameters": results[0].figures["parameters"],
        "claim": claim.claim,
        "source": claim.source,
        "rank": claim.rank,
        "rank_means": RANKS[claim.rank],
        "reference": value,
        "reference_runs": claim.runs,
        "reference_std": claim.std,
        "uncertainty": math.sqrt(value * (1 - value) / claim.test_size),
        "test_size": claim.test_size,
        "scores": scores,
        "std": float(np.std(scores, ddof=1)),
        "interval": asdict(mean_interval(scores, 1 - settings.alpha)),
        "baselines": baselines,
    }
