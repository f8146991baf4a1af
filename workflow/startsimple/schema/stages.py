"""Thresholds and budgets of each stage, and which part of the config each stage may see."""

from dataclasses import dataclass, field

# Hydra's mark of a value that has to be given; spelt out, since the verifier loads no library.
MISSING = "???"

# The ladder, from the bottom rung to the top one.
LADDER = (
    "data",
    "simplify",
    "default_model",
    "overfit_batch",
    "benchmark",
    "gap",
    "tune",
)


@dataclass
class StageConfig:
    """What every stage has: waivers, as check id to reason, printed in red in the report."""

    waive: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class DataStage(StageConfig):
    """Thresholds of the data contract.

    Attributes:
        label_perplexity_min: D-06, normalised perplexity of the label histogram.
        class_ratio_max: D-06, largest class over smallest.
        leak_auc_max: D-13, area under the ROC curve that one feature may reach.
        alignment_p_max: D-02, p-value of the permutation test of labels against features: how often
            labels that belong to nothing pass.
        alignment_permutations: D-02, permutations of that test.
        target_variation_min: D-07, spread of a regression's target relative to its mean.
        outlier_deviations_max: D-09, standard deviations that the mean and the spread of an
            example's values may lie from those of all examples.
        too_good_alpha: D-14, significance of beating the declared irreducible error.
        spread_min: D-15, spread of stored inputs that is too small to be meant.
        shift_alpha: D-17, significance of all tests of shift together.
        shift_auc_max: D-17, how well a classifier may tell validation from test examples before
            an undeclared shift fails instead of warning.
        validation_errors_min: D-18, errors that the validation split must be expected to show.
        label_noise_max: D-19, share of labels that may be wrong above the irreducible error.
        label_noise_alpha: D-19, significance of an error above the declared one.
        target_outliers_max: D-19, share of a regression's targets far off their prediction.
    """

    label_perplexity_min: float = 0.5
    class_ratio_max: float = 10.0
    leak_auc_max: float = 0.98
    alignment_p_max: float = 0.005
    alignment_permutations: int = 999
    target_variation_min: float = 1e-3
    outlier_deviations_max: float = 10.0
    too_good_alpha: float = 0.01
    spread_min: float = 0.05
    shift_alpha: float = 0.01
    shift_auc_max: float = 0.6
    validation_errors_min: int = 20
    label_noise_max: float = 0.033
    label_noise_alpha: float = 0.01
    target_outliers_max: float = 0.01


@dataclass
class SimplifyStage(StageConfig):
    """The simplified problem.

    Attributes:
        classes: Classes kept; None keeps all.
        examples: Training examples kept at most (S-01: about 10,000).
        oracle: What must solve it: linear, or knn.
        accuracy_min: S-03, cross-validated accuracy that the oracle must reach.
        histogram_p_min: S-07, p-value of the chi-square test of the label histogram.
    """

    classes: list[int] | None = None
    examples: int = 10000
    oracle: str = "linear"
    accuracy_min: float = 0.9
    histogram_p_min: float = 0.01


@dataclass
class DefaultModelStage(StageConfig):
    """Thresholds of the dry run and the probes before training.

    Attributes:
        init_loss_warn: P-01, relative deviation of the initial loss that warns.
        init_loss_fail: P-01, relative deviation that fails.
        invariance_max: R-07, largest difference of an output between evaluation batch sizes.
        probe_steps: P-07, P-12, optimiser steps of the short training runs.
        baseline_steps: P-08, optimiser steps of the run that must beat the dumb baselines.
        init_alpha: M-12, significance of the test of the initial weights' variance.
    """

    init_loss_warn: float = 0.1
    init_loss_fail: float = 0.5
    invariance_max: float = 1e-5
    probe_steps: int = 200
    baseline_steps: int = 600
    init_alpha: float = 0.1


@dataclass
class OverfitBatchStage(StageConfig):
    """The single batch and its criterion.

    Attributes:
        examples: Size of the frozen batch.
        steps: O-04, budget in optimiser steps.
        gap_max: O-03, remaining loss above its floor, relative to the initial loss.
        consistency_max: O-05, relative difference of train-mode and eval-mode loss.
        second_examples: O-09, size of the small set that must generalise above chance.
        second_steps: O-09, optimiser steps on it.
        second_p_max: O-09, p-value against chance.
    """

    examples: int = 32
    steps: int = 2000
    gap_max: float = 0.01
    consistency_max: float = 0.5
    second_examples: int = 500
    second_steps: int = 600
    second_p_max: float = 0.01


@dataclass
class BenchmarkStage(StageConfig):
    """Comparison with the known result over `seeds` runs at significance `alpha` (B-01)."""

    seeds: int = 3
    alpha: float = 0.05


@dataclass
class AttributeConfig:
    """An attribute of examples: an importable function of a split, one value per example."""

    _target_: str = MISSING

    @property
    def target(self) -> str:
        """Import path of the function."""
        return self._target_


@dataclass
class GapStage(StageConfig):
    """Decomposition of the error.

    Attributes:
        seeds: Full training runs of the default model.
        confidence: Confidence of every interval (E-02).
        tolerance: Gaps up to this are not acted on (E-04).
        target_error: Error that is good enough; None means the irreducible error.
        curve_fractions: E-08, shares of the training data that the learning curve trains on
            besides all of it.
        curve_runs: E-08, runs at each size, on parts of the data that do not overlap.
        curve_steps: E-08, steps of these runs. Where the route is overfitting, so that more data
            may be advised, they get the whole budget instead; None gives it to them always.
        slices: E-11, attributes to slice by: functions of a split that return (n,) values.
        calibration_max: E-12, mean confidence may differ so much from accuracy.
        confident: E-15, a wrong answer of at least this probability is a confident mistake.
        shown: E-15 and E-16, items shown of each kind.
    """

    seeds: int = 2
    confidence: float = 0.95
    tolerance: float = 0.01
    target_error: float | None = None
    curve_fractions: list[float] = field(default_factory=lambda: [0.25, 0.5])
    curve_runs: int = 2
    curve_steps: int | None = 1000
    slices: dict[str, AttributeConfig] = field(
        default_factory=lambda: {
            name: AttributeConfig(f"startsimple.training.slices.{name}")
            for name in ("label", "level", "spread")
        }
    )
    calibration_max: float = 0.05
    confident: float = 0.95
    shown: int = 8


@dataclass
class TuneStage(StageConfig):
    """Acceptance of the tuned model.

    Attributes:
        confidence: T-16, confidence of the gain's interval, which must exclude zero.
        infeasible_max: T-06, share of trials that diverged or learnt nothing.
        boundary_fraction: T-05, distance from a bound, as a share of the range.
        regained_max: T-09 and T-12, share of its start that a training loss may climb back.
        clipped_max: T-13, share of updates that clipping may change, where it is used.
        test_openings_max: E-13, openings of the test split that the budget allows.
    """

    confidence: float = 0.95
    infeasible_max: float = 0.5
    boundary_fraction: float = 0.1
    regained_max: float = 0.1
    clipped_max: float = 0.5
    test_openings_max: int = 1


@dataclass
class StagesConfig:
    """All stages' thresholds and budgets."""

    data: DataStage = field(default_factory=DataStage)
    simplify: SimplifyStage = field(default_factory=SimplifyStage)
    default_model: DefaultModelStage = field(default_factory=DefaultModelStage)
    overfit_batch: OverfitBatchStage = field(default_factory=OverfitBatchStage)
    benchmark: BenchmarkStage = field(default_factory=BenchmarkStage)
    gap: GapStage = field(default_factory=GapStage)
    tune: TuneStage = field(default_factory=TuneStage)


_PROGRAM = ("dataset", "model", "loss", "optimizer", "schedule", "training", "fault")
_PROCESS = ("seed", "device", "numerics")

# A round's own promise, held against what came of it.
_ROUND = ("parent", "change", "hypothesis", "predicted")

# Sections that each stage sees besides its own; a change elsewhere cannot make it rerun.
SECTIONS: dict[str, tuple[str, ...]] = {
    "data": ("dataset",),
    "simplify": ("dataset", "seed"),
    "default_model": _PROGRAM + _PROCESS,
    "overfit_batch": _PROGRAM + _PROCESS,
    "benchmark": ("dataset", "loss", "fault", "benchmark", *_PROCESS),
    "gap": _PROGRAM + _PROCESS + _ROUND,
    # Of a promise, tuning judges what its own probe measures.
    "tune": (*_PROGRAM, "search", *_PROCESS, "parent", "predicted"),
}
