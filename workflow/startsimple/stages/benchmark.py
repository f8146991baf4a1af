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
from startsimple.schema.verdict import Check, Status, Verdict, judge
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import suspect
from startsimple.training.runs import Bench, TrainingSet, Variant, final_accuracy, unit_of
from startsimple.training.statistics import mean_interval, p_below
from startsimple.training.units import Result

TEST = "test"

# Rank of a reference (method, section 9): what it is worth.
RANKS = {
    1: "official implementation on similar data",
    2: "official implementation on a benchmark",
    3: "unofficial implementation",
    4: "paper without code",
    5: "this model on a benchmark dataset",
    6: "similar model on similar data",
    7: "simple baseline: a floor only",
}


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
    # A single run would show no spread between seeds.
    require("stage.benchmark.seeds", settings.seeds, 2)
    require("benchmark.protocol.training.evaluations", claim.protocol.training.evaluations, 1)
    if claim.rank not in RANKS:
        raise UserError(
            f"benchmark.rank={claim.rank} must be 1 to {len(RANKS)} (method, section 9)."
        )
    if claim.value is None and not claim.baselines:
        raise UserError("benchmark needs a published value, or baselines that are fitted here.")
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
    checks = _checks(claim, settings, scores, value, results)
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


def _checks(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    scores: list[float],
    value: float,
    results: list[Result],
) -> list[Check]:
    floor_only = claim.value is None
    sampling = 2 * math.sqrt(value * (1 - value) / claim.test_size)
    tolerance = max(sampling, claim.tolerance)
    interval = mean_interval(scores, 1 - settings.alpha)
    measured = f"{len(scores)} seeds: " + ", ".join(f"{score:.3f}" for score in scores)
    spread = f"mean {interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    shortfall = value - interval.value if floor_only else abs(interval.value - value)
    reached = _steps_to(results, value - tolerance)
    return [
        judge(
            "B-01",
            "p-value of being worse than the reference",
            p_below(scores, value - tolerance),
            ">",
            settings.alpha,
            source="B-01",
            evidence=f"{measured}; against {value:.3f} - {tolerance:.3f}",
        ),
        judge(
            "B-02",
            "p-value of being better than the reference",
            1.0 if floor_only else p_below([-s for s in scores], -(value + tolerance)),
            ">",
            settings.alpha,
            source="B-02",
            evidence="better than a floor is welcome" if floor_only else
            f"{spread}; significantly above {value + tolerance:.3f} would suggest leakage",
            otherwise=Status.WARN,
        ),
        judge(
            "B-03",
            "seeds that reach the reference within the budget",
            len(reached),
            ">=",
            math.ceil(len(scores) / 2),
            source="B-03",
            evidence=f"steps until accuracy {value - tolerance:.3f}: "
            + (", ".join(str(step) for step in reached) or "never"),
            otherwise=Status.WARN,
        ),
        judge(
            "B-04",
            "accuracy below the reference" if floor_only else "distance from the reference",
            round(shortfall, 6),
            "<=",
            round(tolerance, 6),
            source="B-04: the larger of 2 standard errors of the test size and the declared one",
            evidence=f"{spread}, reference {value:.3f} (rank {claim.rank}: {RANKS[claim.rank]})",
        ),
    ]  # fmt: skip


def _steps_to(results: list[Result], target: float) -> list[int]:
    steps: list[int] = []
    for result in results:
        scores = result.figures["scores"][TEST]
        hits = [
            step
            for step, score in zip(result.figures["evaluated"], scores, strict=True)
            if score["accuracy"] >= target
        ]
        steps += hits[:1]
    return steps


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
