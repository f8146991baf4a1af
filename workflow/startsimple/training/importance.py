"""The lecture's sensitivities of a network, beside what finished trials measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from startsimple.schema.searches import RangeConfig
from startsimple.schema.seeds import derive
from startsimple.training.search import bare
from startsimple.training.study import Trial

# The lecture's twelve hyper-parameters in its order, its sensitivity, and the names in a search.
LECTURE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("learning rate", "high", ("lr",)),
    ("learning-rate schedule", "high", ("schedule", "warmup_fraction")),
    ("optimiser", "low", ("optimizer",)),
    ("other optimiser parameters", "low", ("momentum", "beta1")),
    ("batch size", "low", ()),
    ("weight initialisation", "medium", ()),
    ("loss function", "high", ()),
    ("model depth", "medium", ()),
    ("layer size", "high", ()),
    ("layer parameters", "medium", ()),
    ("weight of regularisation", "medium", ("weight_decay",)),
    ("non-linearity", "low", ()),
)

# Fewer trials than this for each searched name tell nothing. [own]
TRIALS_PER_NAME = 8
# Shares of the variance that count as high and medium sensitivity. [own]
_LEVELS = ((0.4, "high"), (0.1, "medium"), (0.0, "low"))
_FORESTS = 3


@dataclass(frozen=True)
class Sensitivity:
    """One row of the lecture's table.

    Attributes:
        name: The hyper-parameter.
        lecture: The lecture's level.
        share: Share of the variance of the trials' scores, None if it was not measured.
        low: Smallest share over forests that differ in their seed.
        high: Largest share.
        measured: The level that all forests agree on; "undecided", or "not measured".
        note: Why it was not measured.
    """

    name: str
    lecture: str
    share: float | None = None
    low: float | None = None
    high: float | None = None
    measured: str = "not measured"
    note: str = ""

    @property
    def disagrees(self) -> bool:
        """True if a level was measured, and it is not the lecture's."""
        return self.measured in {"low", "medium", "high"} and self.measured != self.lecture

    def plain(self) -> dict[str, Any]:
        """Return the row as it is written in the verdict."""
        return {**asdict(self), "disagrees": self.disagrees}


def sensitivities(
    space: Mapping[str, RangeConfig],
    choices: Mapping[str, Sequence[str]],
    trials: Sequence[Trial],
    seed: int,
) -> list[Sensitivity]:
    """Hold the lecture's table against the trials, by functional analysis of variance.

    Args:
        space: Range of each number.
        choices: Options of each choice.
        trials: Finished trials; those that diverged or learnt nothing are left out, since they
            would hide every other effect.
        seed: Root of the forests' seeds.

    Returns:
        The twelve rows. Shares are relative to what was searched, within the ranges searched.
    """
    options = {name: list(told) for name, told in choices.items() if len(told) > 1}
    names = [*(name for name in sorted(space) if name == bare(name)), *options]
    usable = [trial for trial in trials if trial.feasible]
    reason = _too_little(names, usable)
    if reason:
        return [Sensitivity(row, level, note=reason) for row, level, _ in LECTURE]
    forests = [
        _variance(space, options, names, usable, derive(seed, "forest", number) % 2**32)
        for number in range(_FORESTS)
    ]
    return [_row(row, level, keys, forests) for row, level, keys in LECTURE]


def _too_little(names: Sequence[str], trials: Sequence[Trial]) -> str:
    if len(names) < 2:
        return "fewer than two hyper-parameters were searched"
    least = TRIALS_PER_NAME * len(names)
    if len(trials) < least:
        return f"{len(trials)} usable trials; {least} would be needed"
    return "" if len({trial.score for trial in trials}) > 1 else "all trials scored the same"


def _variance(
    space: Mapping[str, RangeConfig],
    options: Mapping[str, list[str]],
    names: Sequence[str],
    trials: Sequence[Trial],
    seed: int,
) -> dict[str, float]:
    """Return each name's share of the variance, by one forest."""
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    kinds: dict[str, BaseDistribution] = {
        name: CategoricalDistribution(options[name])
        if name in options
        else FloatDistribution(space[name].low, space[name].high, log=space[name].scale == "log")
        for name in names
    }
    study = optuna.create_study(direction="maximize")
    for trial in trials:
        plain = trial.point.plain()
        params = {name: plain[name] for name in names}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=kinds, value=trial.score)
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _row(
    name: str, lecture: str, keys: Sequence[str], forests: Sequence[Mapping[str, float]]
) -> Sensitivity:
    if not any(key in forests[0] for key in keys):
        return Sensitivity(name, lecture, note="not searched")
    shares = [sum(forest.get(key, 0.0) for key in keys) for forest in forests]
    low, high = min(shares), max(shares)
    levels = {_level(low), _level(high)}
    measured = levels.pop() if len(levels) == 1 else "undecided"
    mean = sum(shares) / len(shares)
    return Sensitivity(name, lecture, round(mean, 4), round(low, 4), round(high, 4), measured)


def _level(share: float) -> str:
    return next(level for least, level in _LEVELS if share >= least)
