"""The typed configuration of a search: what is tuned, how, and what is knowingly left alone."""

from dataclasses import dataclass, field

from omegaconf import MISSING


@dataclass
class RangeConfig:
    """Range of one tuned hyper-parameter: bounds, and "log" or "linear" scale (T-04)."""

    low: float = MISSING
    high: float = MISSING
    scale: str = "log"


@dataclass
class SearchConfig:
    """One study: quasi-random search, coarse to fine, then Bayesian (method, section 12).

    Attributes:
        goal: What the study is to find out, in one sentence (T-01).
        space: Range of each tuned number by its name: lr, weight_decay, momentum, beta1 or
            warmup_fraction. The name may start with an optimiser's, such as "sgd.lr": that range
            holds only where this optimiser is chosen (T-02).
        schedules: Schedules to choose from.
        optimizers: Optimisers to choose from; none leaves the experiment's own.
        scientific: Names whose effect the study is about; whatever else is searched is nuisance,
            optimised away (T-01).
        fixed: Names that are knowingly not searched, each with the reason: a caveat in the report.
        sequence: sobol or halton, both scrambled (T-03).
        coarse_trials: Trials of the wide round.
        widenings: How often a range is widened if its bound is among the best (T-05).
        fine_trials: Trials of the narrowed round.
        bayesian_trials: Trials of the last, Bayesian round on the narrowed space (T-17).
        bayesian_batch: Bayesian trials proposed together. Never taken from the machine, since it
            decides which trials are run.
        sampler: tpe or gp, Optuna's.
        trial_steps: Optimiser steps of a trial; never tuned (T-11).
        halving: Successive halving of the coarse round: only the best 1 in so many trials gets
            more than its share of the steps. 1 gives every trial all steps, which is unbiased.
        keep: Best coarse trials that span the fine round's ranges.
        confirm_seeds: Seeds over which winner and incumbent are compared.
        confirm_steps: Optimiser steps of a confirmation run.
        checkpoints: Best checkpoints that the winner's runs keep, to choose in retrospect (T-15).
        probe_steps: Steps of the instability probe above the best learning rate (T-12).
    """

    goal: str = MISSING
    space: dict[str, RangeConfig] = field(default_factory=dict[str, RangeConfig])
    schedules: list[str] = field(default_factory=lambda: ["constant"])
    optimizers: list[str] = field(default_factory=list[str])
    scientific: list[str] = field(default_factory=list[str])
    fixed: dict[str, str] = field(default_factory=dict[str, str])
    sequence: str = "sobol"
    coarse_trials: int = 16
    widenings: int = 1
    fine_trials: int = 0
    bayesian_trials: int = 10
    bayesian_batch: int = 2
    sampler: str = "tpe"
    trial_steps: int = 1500
    halving: int = 4
    keep: int = 3
    confirm_seeds: int = 3
    confirm_steps: int = 6000
    checkpoints: int = 3
    probe_steps: int = 500
