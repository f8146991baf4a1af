"""The typed configuration: Hydra composes it once, and it rejects unknown keys and wrong types."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.faults import FaultConfig
from startsimple.schema.importable import Importable
from startsimple.schema.models import ModelConfig
from startsimple.schema.searches import SearchConfig
from startsimple.schema.stages import StagesConfig


@dataclass
class NumericsConfig:
    """Numeric profile of every training process.

    Attributes:
        threads: Intra-op threads of torch; never taken from the scheduler, since it changes
            the weights.
        portable: Hold the kernels to AVX2, so that other processors give the same bits.
    """

    threads: int = 1
    portable: bool = True


@dataclass
class LossConfig:
    """The loss, computed from the network's outputs.

    Attributes:
        name: cross_entropy, or mean_squared_error for a regression.
        label_smoothing: Share of each label spread over all classes.
        reduction: mean over the batch; sum is an injected fault (M07).
        double_softmax: Injected fault M04: probabilities are fed to the logits loss.
        softmax_over_batch: Injected fault: softmax over the batch axis (shows in P-05).
        negated: Injected fault M08: the sign of the loss is flipped.
        broadcast: Injected fault M10: outputs (batch, 1) meet targets (batch,) in squared error.
    """

    name: str = "cross_entropy"
    label_smoothing: float = 0.0
    reduction: str = "mean"
    double_softmax: bool = False
    softmax_over_batch: bool = False
    negated: bool = False
    broadcast: bool = False


@dataclass
class OptimizerConfig:
    """The optimiser; fused implementations are used where torch has them.

    Attributes:
        name: adam, adamw or sgd.
        lr: Initial learning rate.
        weight_decay: Strength of the decay.
        momentum: SGD's.
        beta1: Decay of the first moment, of Adam and AdamW.
        clip_norm: Largest L2 norm of the whole gradient that a training run's step is given;
            0 for no clipping (T-13).
    """

    name: str = "adam"
    lr: float = 3e-4
    weight_decay: float = 0.0
    momentum: float = 0.0
    beta1: float = 0.9
    clip_norm: float = 0.0


@dataclass
class ScheduleConfig:
    """Learning-rate schedule over the whole budget of steps.

    Attributes:
        name: constant, cosine or linear (decay to zero), or ramp, which rises exponentially from
            1e-8 of the learning rate to all of it (the learning-rate range test).
        warmup_fraction: Share of the steps with linear warm-up.
    """

    name: str = "constant"
    warmup_fraction: float = 0.0


@dataclass
class TrainingConfig:
    """Budget of one full training run.

    Attributes:
        batch_size: Examples per step.
        steps: Optimiser steps.
        evaluations: How often, evenly spaced, the validation split is scored.
    """

    batch_size: int = 100
    steps: int = 6000
    evaluations: int = 20


@dataclass
class EstimatorConfig:
    """One of scikit-learn's estimators, by the benchmark stage's name for it; None for none."""

    name: str | None = None
    args: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class ReferenceConfig(Importable):
    """An importable function that builds a reference network; "" for none."""

    _target_: str = ""


@dataclass
class ProtocolConfig:
    """The protocol behind a benchmark's claim, as far as it differs from the defaults.

    Attributes:
        model: The network that is trained.
        optimizer: Its optimiser.
        schedule: Its schedule.
        training: Its budget.
        standardise: Standardise the inputs by training statistics; False leaves them as stored.
        estimator: Fitted in the place of a network; it has no seeds.
        bug: Injected fault: unnormalised (D01), shifted_labels (D08) or test_in_train (D09).
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    standardise: bool = False
    estimator: EstimatorConfig = field(default_factory=EstimatorConfig)
    bug: str | None = None


@dataclass
class BenchmarkConfig:
    """A known result and how it was reached.

    Attributes:
        claim: The claim in one sentence.
        metric: accuracy, or mean_squared_error in the targets' own unit.
        value: The published value; None takes that of the first of `baselines`, measured here.
        test_size: Examples of the published test split.
        runs: Runs behind the published value, None if unknown.
        std: Published spread over those runs, None if unknown.
        source: Citation of the claim.
        rank: Rank of the reference, 1 (official code, similar data) to 7 (simple baselines).
        tolerance: Declared tolerance of the comparison, on the metric.
        floor: The value has to be beaten, not met.
        margin: By how much a floor has to be beaten; negative: how far short of it still counts.
        baselines: Scikit-learn estimators that are fitted in the same run.
        reference: Builds the reference network, to be compared layer by layer (B-07).
        note: Why a published value and this protocol may differ, for the report.
        protocol: What is trained.
    """

    claim: str = MISSING
    metric: str = "accuracy"
    value: float | None = None
    test_size: int = MISSING
    runs: int | None = None
    std: float | None = None
    source: str = MISSING
    rank: int = MISSING
    tolerance: float = 0.02
    floor: bool = False
    margin: float = 0.0
    baselines: list[str] = field(default_factory=list[str])
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    note: str = ""
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)


# The component of a round that is to steady training: T-12's measure, and no part of the error.
INSTABILITY = "instability"


@dataclass
class PredictionConfig:
    """What a round expects to change, before it is tried.

    Attributes:
        component: bias, variance, shift or validation_overfitting; error, the validation error;
            instability, the share of the loss regained at twice the best rate (T-12); or None if
            nothing was predicted in numbers.
        low: Smallest change that would be no surprise; negative is an improvement.
        high: Largest change that would be no surprise.
        source: What the numbers rest on.
    """

    component: str | None = None
    low: float = 0.0
    high: float = 0.0
    source: str = ""


@dataclass
class TrackingConfig:
    """MLflow: on or off, and the store's address (None: SQLite below results/)."""

    enabled: bool = True
    uri: str | None = None


@dataclass
class Config:
    """One experiment, resolved.

    Attributes:
        name: Name of the experiment.
        parent: Experiment that this one is a round of, None for the first.
        change: The one logical change against the parent.
        hypothesis: What the change is expected to do, written down before it is tried.
        predicted: The same in numbers.
        seed: Root of every random stream.
        device: auto, cpu, cuda or mps.
        fault: Injected faults of the training program, by id; each proves that a gate can fail.
    """

    name: str = ""
    parent: str | None = None
    change: str | None = None
    hypothesis: str | None = None
    predicted: PredictionConfig = field(default_factory=PredictionConfig)
    seed: int = 0
    device: str = "auto"
    numerics: NumericsConfig = field(default_factory=NumericsConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    fault: dict[str, FaultConfig] = field(default_factory=dict[str, FaultConfig])
    benchmark: BenchmarkConfig = field(default_factory=BenchmarkConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    stage: StagesConfig = field(default_factory=StagesConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
