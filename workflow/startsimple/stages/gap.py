"""Stage 5: where the error of the default model is, and what to do about it (section 10)."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.prepared import Prepared, load_prepared
from startsimple.data.targets import chance
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.schema.seeds import derive
from startsimple.schema.verdict import Verdict
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.gap_checks import judge_irreducible, judge_route, judge_runs
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import suspect
from startsimple.training.gaps import ROUTES, Decomposition, Gap, Rate, decompose
from startsimple.training.runs import Bench, TrainingSet, unit_of
from startsimple.training.statistics import spread_of
from startsimple.training.units import Result

TRAIN, VAL = "train", "val"

# First fix of each of the lecture's ordered lists (method, section 11) that this ladder can try.
ADVICE = {
    "bias": "Underfitting first: tune the learning rate and schedule (next stage), then enlarge "
    "the model",
    "variance": "Overfitting: more training data if the learning curve still falls, then "
    "normalisation, augmentation, weight decay",
    "shift": "Distribution shift: analyse the errors that only the test distribution has, and "
    "collect or synthesise such training data",
    "validation_overfitting": "Validation overfitting: draw a new validation split",
}


def run(config: Config, inputs: Inputs) -> Verdict:
    """Train the default model to its budget and take its error apart.

    Args:
        config: Sections of the program, with stage.gap.
        inputs: Where the stage stands.

    Returns:
        The verdict over E-01 to E-06, with the route in its numbers.
    """
    settings = config.stage.gap
    require("stage.gap.seeds", settings.seeds, 1)
    prepared = load_prepared(inputs.root / "data" / config.dataset.name, inputs.artefact)
    bench = make_bench(prepared, config)
    units = [
        unit_of(f"default model, seed {seed}", config, seed, bench, "full", inputs.context())
        for seed in range(settings.seeds)
    ]
    results = run_all(units, bench, inputs)
    write_json(inputs.folder / "curves.json", series_file(units, results))
    errors = {name: _errors(results, name) for name in (TRAIN, VAL)}
    parts = decompose(
        config.dataset.irreducible_error,
        _rate(errors[TRAIN]),
        _rate(errors[VAL]),
        settings.confidence,
    )
    target = settings.target_error
    target = config.dataset.irreducible_error if target is None else target
    first = parts.first(settings.tolerance)
    met = parts.rates["validation"].value <= target + settings.tolerance
    checks = [
        *judge_runs(results, parts, chance(prepared.val.y), len(prepared.val)),
        judge_irreducible(config.dataset),
        *judge_route(parts, settings, met),
    ]
    return conclude(
        inputs,
        settings,
        checks,
        deciding="E-04",
        on_pass=_advice(parts, first, met, target),
        on_fail=_advice(parts, first, met, target),
        suspects=[suspect("O02", 0.4, [checks[0].evidence]), suspect("O01", 0.3, [])],
        numbers=_numbers(config, results, errors, parts, first, met),
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
    return Bench({"full": TrainingSet(prepared, config.dataset.classes, watched)})


def _errors(results: list[Result], name: str) -> NDArray[np.float64]:
    return 1.0 - np.stack([r.tensors[f"correct.{name}"].numpy() for r in results]).astype(float)


def _rate(errors: NDArray[np.float64]) -> Rate:
    """Summarise errors of shape (seeds, examples)."""
    return Rate(float(errors.mean()), errors.shape[1], spread_of(errors))


def _advice(parts: Decomposition, first: Gap | None, met: bool, target: float) -> str:
    if met:
        return f"The target error {target:.3f} is met: tune only if more is worth the compute."
    if first is None:
        return "No gap is beyond its interval: enlarge the validation split, or tune."
    largest = parts.largest()
    note = "" if largest.name == first.name else f" (the largest gap is {largest.name})"
    return f"{ADVICE[first.name]}{note}."


def _numbers(
    config: Config,
    results: list[Result],
    errors: dict[str, NDArray[np.float64]],
    parts: Decomposition,
    first: Gap | None,
    met: bool,
) -> dict[str, Any]:
    return {
        "device": results[0].figures["device"],
        "parameters": results[0].figures["parameters"],
        "irreducible": config.dataset.irreducible_error,
        "irreducible_source": config.dataset.irreducible_source,
        "rates": {name: asdict(rate) for name, rate in parts.rates.items()},
        "gaps": {gap.name: {**asdict(gap.estimate), "needed": gap.needed} for gap in parts.gaps},
        "unmeasured": parts.unmeasured,
        "route": "done" if met else ROUTES[first.name] if first else "undecided",
        "largest": parts.largest().name,
        "seed_errors": {name: e.mean(axis=1).tolist() for name, e in errors.items()},
        "confidence": config.stage.gap.confidence,
    }
