"""The typed configuration of a dataset."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from startsimple.schema.faults import FaultConfig
from startsimple.schema.importable import Importable


@dataclass
class SourceConfig(Importable):
    """How a dataset is rebuilt: an importable function that returns its splits."""


@dataclass
class LeakageConfig:
    """Answers to the questions of the leakage audit (D-12) that no measurement can give.

    Each is a sentence for the report; None leaves its question open.

    Attributes:
        feature_selection: On which examples features were selected, if they were.
        time: Whether the order in time matters, where examples carry no times.
        independence: What is known of dependence between examples of different splits.
    """

    feature_selection: str | None = None
    time: str | None = None
    independence: str | None = None


@dataclass
class DatasetConfig:
    """A dataset behind its DVC pointer.

    Attributes:
        name: Folder below data/ that holds one packed file per split.
        pointer: The DVC pointer file, with the content's hash.
        source: Rebuilds the data when neither cache nor remote has them.
        input: What an example looks like: sequence, image or vector.
        rev: Git revision whose version of the data is used; None is the one that the pointer
            in the working tree pins.
        task: What is predicted: classification, or regression of one number.
        classes: Number of classes; 1 for the one output of a regression.
        validation_fraction: Share of the train split held out for validation.
        split_seed: Seed of the stratified validation split.
        irreducible_error: Best error that anyone reaches, such as a human expert's.
        irreducible_source: Where that number comes from.
        irreducible_examples: Examples that it was measured on; None takes it as exact.
        reference_error: Error of the contract's reference model on sound labels, where that
            model is too weak to judge labels by itself (D-19): share of wrong labels, or of
            unexplained variance.
        licence: Licence of the data, for the report.
        shift: What differs between the distributions of train and test; None if nothing does.
            If it is declared, the source also returns `test_val` (D-16, data/splits.py).
        leakage: What only people know about leakage.
        fault: Injected faults of the data, by id, planted as they are read from their files.
    """

    name: str = MISSING
    pointer: str = MISSING
    rev: str | None = None
    source: SourceConfig = field(default_factory=SourceConfig)
    input: str = MISSING
    task: str = "classification"
    classes: int = MISSING
    validation_fraction: float = 0.2
    split_seed: int = 0
    irreducible_error: float = 0.0
    irreducible_source: str = "none declared"
    irreducible_examples: int | None = None
    reference_error: float | None = None
    licence: str = "unknown"
    shift: str | None = None
    leakage: LeakageConfig = field(default_factory=LeakageConfig)
    fault: dict[str, FaultConfig] = field(default_factory=dict[str, FaultConfig])
