"""The learning curve of the gap stage (E-08), whose halves also cross-validate every label."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from startsimple.data.pack import Integers
from startsimple.data.prepared import Prepared
from startsimple.schema.config import Config
from startsimple.schema.seeds import derive
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.bench import require, run_all
from startsimple.stages.stage import Inputs
from startsimple.training.error_sets import Errors
from startsimple.training.gaps import ROUTES
from startsimple.training.learning_curve import LearningCurve, learning_curve
from startsimple.training.outputs import Outputs, outputs
from startsimple.training.runs import Bench, TrainingSet, Variant, unit_of
from startsimple.training.units import Result, Unit

VAL = "val"


def curve_steps(config: Config, route: str) -> int:
    """Return the steps of the curve's runs: all of them where more data may be advised."""
    short = config.stage.gap.curve_steps
    if short is None or route == ROUTES["variance"]:
        return config.training.steps
    require("stage.gap.curve_steps", short, 1)
    return min(short, config.training.steps)


class CurveRuns:
    """The runs behind a learning curve, on parts of the training data that do not overlap."""

    def __init__(self, config: Config, prepared: Prepared, full: Bench, inputs: Inputs) -> None:
        """Cut the training data into parts.

        Args:
            config: For the fractions and the seed.
            prepared: The run's data.
            full: Holds the whole of it as "full".
            inputs: Where the stage stands.
        """
        self.config, self.prepared, self.inputs = config, prepared, inputs
        n = len(prepared.train)
        self.order = np.random.default_rng(derive(config.seed, "curve")).permutation(n)
        self.parts: dict[str, tuple[int, Integers]] = {}
        for fraction in sorted(config.stage.gap.curve_fractions):
            size = int(fraction * n)
            fits = min(config.stage.gap.curve_runs, n // size if size else 0)
            if not config.training.batch_size <= size < n:
                continue
            for run in range(fits):
                rows = np.sort(self.order[run * size : (run + 1) * size])
                self.parts[f"{size} examples, part {run + 1}"] = (size, rows)
        watched = {VAL: prepared.val}
        sets = {
            name: TrainingSet(
                replace(prepared, train=prepared.train.take(rows)), config.dataset.classes, watched
            )
            for name, (_, rows) in self.parts.items()
        }
        self.bench = Bench({**full.sets, **sets})
        self.units: list[Unit] = []
        self.results: list[Result] = []

    def train(self, steps: int) -> None:
        """Train every part, and all of the data, for so many steps."""
        budget = Variant(training=replace(self.config.training, steps=steps))
        context, bench = self.inputs.context(), self.bench
        self.units = [
            unit_of(f"{steps} steps on {name}", self.config, run, bench, name, context, budget)
            for run, name in enumerate(self.parts)
        ] + [
            unit_of(f"{steps} steps, seed {run}", self.config, run, bench, "full", context, budget)
            for run in range(self.config.stage.gap.seeds)
        ]
        self.results = run_all(self.units, bench, self.inputs)

    def curve(self, target: float) -> LearningCurve | None:
        """Return the learning curve, None if no part is large enough for a batch."""
        rows: dict[int, list[Errors]] = {}
        for unit, result in zip(self.units, self.results, strict=True):
            size = self.parts.get(unit.recipe["data"], (len(self.prepared.train), None))[0]
            right = result.tensors[f"correct.{VAL}"].numpy().astype(float)
            rows.setdefault(size, []).append(1 - right)
        if len(rows) < 2:
            return None
        sizes = sorted(rows)
        return learning_curve(
            sizes,
            [np.stack(rows[size]) for size in sizes],
            self.config.dataset.irreducible_error,
            target,
            self.config.stage.gap.confidence,
            derive(self.config.seed, "curve"),
        )

    def out_of_sample(self) -> Outputs | None:
        """Return outputs for every training example by the run on the other half of the data.

        Returns:
            Outputs, shape (n, outputs), in the order of the train split; None without halves.
        """
        half = len(self.prepared.train) // 2
        pairs = [
            (unit, result, self.parts[unit.recipe["data"]][1])
            for unit, result in zip(self.units, self.results, strict=True)
            if self.parts.get(unit.recipe["data"], (0, None))[0] == half
        ]
        if len(pairs) < 2:
            return None
        train = self.prepared.train
        first, second = pairs[:2]
        unseen = np.setdiff1d(np.arange(len(train)), first[2])
        # With an odd number of examples, one is in neither half; the first run has not seen it.
        judged = outputs(first[0], first[1], self.bench, train.take(unseen))
        whole = np.empty((len(train), judged.shape[1]), dtype=np.float32)
        whole[unseen] = judged
        whole[first[2]] = outputs(second[0], second[1], self.bench, train.take(first[2]))
        return whole


def judge_curve(curve: LearningCurve | None, route: str) -> Check:
    """Judge whether more data would help (E-08); only overfitting lets that decide anything."""
    title = "lower end of what the last doubling of the data gained"
    if curve is None:
        return Check("E-08", title, Status.SKIP, source="E-08", evidence="too few examples to part")
    check = judge(
        "E-08",
        title,
        round(curve.last_gain.low, 6),
        ">",
        0.0,
        source="E-08",
        evidence=f"{curve.last_gain.show()} from {curve.sizes[-2]} to {curve.sizes[-1]} examples; "
        f"one more doubling would gain {curve.next_gain.show()}, extrapolated",
        otherwise=Status.WARN,
    )
    matters = route == ROUTES["variance"] or check.status is Status.PASS
    return check if matters else replace(check, status=Status.SKIP)


def curve_numbers(curve: LearningCurve | None, steps: int) -> dict[str, Any] | None:
    """Return the curve for the verdict, with the steps that its runs were given."""
    return None if curve is None else {**asdict(curve), "falling": curve.falling, "steps": steps}
