"""Bayesian search by Optuna's ask and tell, its storage a journal file (T-17).

Every proposal has a seed of its own and depends on the trials of earlier batches and on the
proposals of its own batch, for which the sampler assumes a value (the constant liar). So a study
that was killed anywhere proposes the same points when it is resumed.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from startsimple.schema.canonical import digest
from startsimple.schema.searches import RangeConfig
from startsimple.schema.seeds import derive
from startsimple.training.search import Point, point_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_SEED_BITS = 2**32


class Bayesian:
    """Proposes points of a space, given what others scored."""

    def __init__(
        self,
        journal: Path,
        space: Mapping[str, RangeConfig],
        choices: Mapping[str, Sequence[str]],
        sampler: str,
        seed: int,
    ) -> None:
        """Prepare a study; nothing is read or written before `learn`.

        Args:
            journal: File that holds the trials; one file may hold several studies.
            space: Range of each number.
            choices: Options of each choice.
            sampler: tpe or gp.
            seed: Root of every proposal's seed.
        """
        self._journal, self._space, self._choices = journal, dict(space), dict(choices)
        self._sampler, self._seed = sampler, seed
        self._study: Study | None = None
        self._known, self._told, self._worst = 0, 0, 0.0

    def learn(self, trials: Sequence[tuple[Point, float, bool]]) -> None:
        """Start, or resume, from finished trials; those outside of the space tell nothing here.

        Args:
            trials: Point, score and feasibility of each.
        """
        inside = [(point, *rest) for point, *rest in trials if self._holds(point)]
        self._worst = min((score for _, score, feasible in trials if feasible), default=0.0)
        known = [
            (point.plain(), score if feasible else self._worst) for point, score, feasible in inside
        ]
        ranges = {name: vars(bounds) for name, bounds in self._space.items()}
        recipe = [ranges, self._choices, self._sampler, self._seed, known]
        self._study = study = _open(self._journal, digest(recipe)[:24])
        self._known = len(known)
        for params, value in known[len(study.trials) :]:
            study.add_trial(_finished(params, self._distributions(params), value))

    def ask(self, count: int) -> list[Point]:
        """Propose points; a resumed study proposes again what it had proposed.

        Args:
            count: How many, to be run side by side.
        """
        study = self._started()
        asked = self._asked()
        wanted = self._told + count
        while len(asked) < wanted:
            seed = derive(self._seed, "proposal", len(asked)) % _SEED_BITS
            study.sampler = _sampler(self._sampler, seed)
            study.ask(self._distributions())
            asked = self._asked()
        return [self._point(trial) for trial in asked[self._told : wanted]]

    def tell(self, scores: Sequence[tuple[float, bool]]) -> None:
        """Report the scores of the points asked for last, in their order.

        An infeasible point gets the worst feasible score: the sampler then avoids it, without a
        cliff that would hide the differences between the others.
        """
        study = self._started()
        for trial, (score, feasible) in zip(self._asked()[self._told :], scores, strict=False):
            value = score if feasible else self._worst
            study.tell(trial.number, value, skip_if_finished=True)
        self._told += len(scores)

    def _started(self) -> "Study":
        if self._study is None:
            raise RuntimeError("Bayesian.learn comes first")
        return self._study

    def _asked(self) -> list["FrozenTrial"]:
        """Return the proposals; one that a kill cut short is given up, and proposed anew."""
        import optuna

        study, whole = self._started(), list["FrozenTrial"]()
        for trial in study.get_trials(deepcopy=False)[self._known :]:
            if set(trial.params) == set(self._distributions()):
                whole.append(trial)
            elif not trial.state.is_finished():
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return whole

    def _distributions(
        self, names: Mapping[str, Any] | None = None
    ) -> "dict[str, BaseDistribution]":
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        known: dict[str, BaseDistribution] = {
            **{
                name: FloatDistribution(bounds.low, bounds.high, log=bounds.scale == "log")
                for name, bounds in self._space.items()
            },
            **{
                name: CategoricalDistribution(list(options))
                for name, options in self._choices.items()
            },
        }
        return known if names is None else {name: known[name] for name in names}

    def _holds(self, point: Point) -> bool:
        return all(
            self._space[name].low <= value <= self._space[name].high
            for name, value in point.values.items()
        ) and all(value in self._choices[name] for name, value in point.choices.items())

    def _point(self, trial: "FrozenTrial") -> Point:
        numbers = {name: float(trial.params[name]) for name in self._space}
        return point_of(self._space, numbers, {name: trial.params[name] for name in self._choices})


def _open(journal: Path, name: str) -> "Study":
    """Open a study of the journal; what a kill left half written is cut off.

    Only one process asks, since Snakemake holds the run: a lock that is there is a dead one's.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.with_name(f"{journal.name}.lock").unlink(missing_ok=True)
    if journal.exists():
        whole = journal.read_bytes()
        if not whole.endswith(b"\n"):
            journal.write_bytes(whole[: whole.rfind(b"\n") + 1])
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.create_study(
        storage=storage, study_name=name, direction="maximize", load_if_exists=True
    )


def _finished(
    params: Mapping[str, Any], distributions: "dict[str, BaseDistribution]", value: float
) -> "FrozenTrial":
    from optuna.trial import create_trial

    return create_trial(params=dict(params), distributions=distributions, value=value)


def _sampler(name: str, seed: int) -> "BaseSampler":
    """Return a sampler that needs no random start: the coarse and fine rounds were that."""
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if name == "gp":
            return optuna.samplers.GPSampler(seed=seed, n_startup_trials=1)
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=1, multivariate=True, constant_liar=True
        )
