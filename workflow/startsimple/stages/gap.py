"""Stage 5: where the error of the default model is, and what to do about it (section 10)."""

from dataclasses import asdict
from typing import Any

import numpy as np

from startsimple.data.pointer import folder_of
from startsimple.data.prepared import Prepared, load_prepared
from startsimple.data.targets import chance
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.seeds import derive
from startsimple.schema.verdict import Check, Verdict
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.gap_analysis import analyse, analysis_file, answer, cross_validated
from startsimple.stages.gap_checks import judge_irreducible, judge_route, judge_runs
from startsimple.stages.gap_curve import CurveRuns, curve_numbers, curve_steps, judge_curve
from startsimple.stages.gap_evidence import judge_evidence
from startsimple.stages.gap_round import judge_round
from startsimple.stages.gap_store import ERRORS_FILE, StoredErrors, write_errors
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import suspect
from startsimple.training.error_sets import Errors, ErrorSet
from startsimple.training.gaps import DONE, UNDECIDED, Decomposition, Route, choose_route, decompose
from startsimple.training.runs import Bench, TrainingSet, unit_of
from startsimple.training.units import Result, Unit

TRAIN, VAL, TEST_VAL = "train", "val", "test_val"


def run(config: Config, inputs: Inputs) -> Verdict:
    """Train the default model to its budget and take its error apart.

    Args:
        config: Sections of the program, with stage.gap.
        inputs: Where the stage stands.

    Returns:
        The verdict over E-01 to E-12 and E-15 to E-17, and I-01 and I-02 for a round; its
        numbers hold the route.
    """
    settings = config.stage.gap
    require("stage.gap.seeds", settings.seeds, 1)
    prepared = load_prepared(folder_of(config.dataset, inputs.root), inputs.artefact)
    bench = make_bench(prepared, config)
    units = [
        unit_of(f"default model, seed {seed}", config, seed, bench, "full", inputs.context())
        for seed in range(settings.seeds)
    ]
    results = run_all(units, bench, inputs)
    write_json(inputs.folder / "curves.json", series_file(units, results))
    errors = {name: errors_of(results, name) for name in bench.sets["full"].watched}
    parts = take_apart(config.dataset, errors, settings.confidence)
    route = choose_route(parts, target_of(config), settings.tolerance)
    checks = [
        *judge_runs(results, parts, chance(prepared.val.y), len(prepared.val)),
        judge_irreducible(config.dataset),
        *judge_route(parts, route),
    ]
    numbers = _numbers(config, results, errors, parts, route)
    if not any(result.figures["diverged"] for result in results):
        checks += _analysed(config, inputs, prepared, bench, (units, results), parts, numbers)
    analysed = "curve" in numbers
    return conclude(
        inputs,
        settings,
        checks,
        deciding="E-04",
        on_pass=_advice(inputs, route, parts),
        on_fail=_advice(inputs, route, parts),
        suspects=[suspect("O02", 0.4, [checks[0].evidence]), suspect("O01", 0.3, [])],
        artefacts=[ERRORS_FILE] if analysed else [],
        numbers=numbers,
    )


def make_bench(prepared: Prepared, config: Config) -> Bench:
    """Return the full training data, with a train subset of the validation split's size (E-01).

    Args:
        prepared: The run's data.
        config: For the number of classes and the seed of the subset.
    """
    count = min(len(prepared.val), len(prepared.train))
    generator = np.random.default_rng(derive(config.seed, "train subset"))
    subset = np.sort(generator.choice(len(prepared.train), count, replace=False))
    watched = {TRAIN: prepared.train.take(subset), VAL: prepared.val}
    if prepared.test_val is not None:
        watched[TEST_VAL] = prepared.test_val
    return Bench({"full": TrainingSet(prepared, config.dataset.classes, watched)})


def errors_of(results: list[Result], name: str) -> Errors:
    """Return the error of each run on each example of a watched set, shape (runs, n)."""
    return 1.0 - np.stack([r.tensors[f"correct.{name}"].numpy() for r in results]).astype(float)


def take_apart(
    dataset: DatasetConfig,
    errors: dict[str, Errors],
    confidence: float,
    *,
    test: ErrorSet | None = None,
    selections: int = 1,
) -> Decomposition:
    """Take the error of some runs apart.

    Args:
        dataset: For the irreducible error.
        errors: Errors by watched set, shape (runs, n).
        confidence: Confidence of the intervals.
        test: Errors on the test split, once it has been opened.
        selections: Models among which the validation score chose.
    """
    best, measured = dataset.irreducible_error, dataset.irreducible_examples
    return decompose(
        ErrorSet.rate(best, measured) if measured else best,
        ErrorSet.of(errors[TRAIN]),
        ErrorSet.of(errors[VAL]),
        confidence,
        test_validation=ErrorSet.of(errors[TEST_VAL]) if TEST_VAL in errors else None,
        test=test,
        selections=selections,
    )


def target_of(config: Config) -> float:
    """Return the error that is good enough: the target, else the irreducible one."""
    target = config.stage.gap.target_error
    return config.dataset.irreducible_error if target is None else target


def _analysed(
    config: Config,
    inputs: Inputs,
    prepared: Prepared,
    bench: Bench,
    runs: tuple[list[Unit], list[Result]],
    parts: Decomposition,
    numbers: dict[str, Any],
) -> list[Check]:
    """Run the learning curve and the error analysis, write both, and return their checks."""
    steps = curve_steps(config, numbers["route"])
    trained = CurveRuns(config, prepared, bench, inputs)
    trained.train(steps)
    curve = trained.curve(target_of(config) + config.stage.gap.tolerance)
    answers = {name: answer(*runs, bench, name) for name in bench.sets["full"].watched}
    doubted = cross_validated(trained.out_of_sample(), prepared.train)
    analysis = analyse(config, answers, doubted)
    write_errors(inputs.folder, answers)
    write_json(inputs.folder / "analysis.json", analysis_file(config, analysis, prepared.train))
    own = {
        name: StoredErrors(one.split.x_id, one.errors, one.predictions)
        for name, one in answers.items()
    }
    checks, numbers["round"] = judge_round(config, inputs, parts, own)
    numbers["curve"] = curve_numbers(curve, steps)
    numbers["label_noise"] = {name: one.rate for name, one in analysis.noise.items()}
    evidence = judge_evidence(config, runs[1], analysis)
    place = next(index for index, check in enumerate(evidence) if check.id > "E-08")
    return [*evidence[:place], judge_curve(curve, numbers["route"]), *evidence[place:], *checks]


def _advice(inputs: Inputs, route: Route, parts: Decomposition) -> str:
    if route.name == DONE:
        return f"Nothing has to be done: {route.reason}. Tune only if more is worth the compute."
    if route.name == UNDECIDED:
        return f"Enlarge the validation split, or tune: {route.reason}."
    largest = parts.largest()
    other = route.gap is not None and largest.name != route.gap.name
    note = f" (the largest gap is {largest.name.replace('_', ' ')})" if other else ""
    return (
        f"{route.name.capitalize()} comes first{note}: "
        f"`startsimple next {inputs.run}` lists its fixes in order."
    )


def _numbers(
    config: Config,
    results: list[Result],
    errors: dict[str, Errors],
    parts: Decomposition,
    route: Route,
) -> dict[str, Any]:
    return {
        "device": results[0].figures["device"],
        "parameters": results[0].figures["parameters"],
        "irreducible": config.dataset.irreducible_error,
        "irreducible_source": config.dataset.irreducible_source,
        **gap_numbers(parts),
        "route": route.name,
        "reason": route.reason,
        "largest": parts.largest().name,
        "seed_errors": {name: e.mean(axis=1).tolist() for name, e in errors.items()},
        "confidence": config.stage.gap.confidence,
    }


def gap_numbers(parts: Decomposition) -> dict[str, Any]:
    """Return a decomposition for a verdict."""
    return {
        "errors": {name: asdict(error) for name, error in parts.errors.items()},
        "irreducible_interval": asdict(parts.irreducible),
        "gaps": {
            gap.name: {**asdict(gap.estimate), "needed": gap.needed, "explained": gap.explained}
            for gap in parts.gaps
        },
        "unmeasured": parts.unmeasured,
        "more_examples": parts.more_examples(),
    }
