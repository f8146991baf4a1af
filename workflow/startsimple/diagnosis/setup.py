"""What a short training run changes about the program; the empty setup is the program itself."""

from dataclasses import dataclass, fields

SEED = 0  # Every run draws its chance from here, so that two setups differ only in their parts.


@dataclass(frozen=True)
class Setup:
    """Parts of the program swapped for known-good ones; hashable, so that runs can be shared.

    Attributes:
        inputs: Standardise every input feature by the training data.
        targets: Standardise regression targets by the training data.
        bare: Leave out the model's last activation.
        loss: Use the standard loss of the task on the model's output.
        negate: Minimise the negative of the program's loss.
        mean: Divide the program's loss by the number of examples in the batch.
        hidden: Put ReLU for squashing hidden activations and where one is missing.
        init: Draw the weights anew by the library's standard rules.
        unregularised: Switch off dropout, weight decay and penalties.
        adam: Train with Adam at this learning rate, over all parameters; None for the program's.
        rate: Factor on the program's learning rate.
        unclipped: Do without gradient clipping.
        all_parameters: Give the optimiser every parameter, frozen ones too.
        shuffle: Draw the training rows in random order.
        rows: Regroup the training rows into batches of this size; None for the program's.
        balanced: Weight the classes equally.
        no_norm: Leave out normalisation layers.
        output_bias: Let the outputs start at the targets' mean, or at the classes' frequencies.
        biased: Give every affine layer a bias.
        fresh: Train on held-out rows, as many as there are for training, scored on other ones.
        synthetic: Replace the targets by ones that a linear model can tell from the inputs.
        float32: Compute in single precision throughout.
        default: Train the default network for this input type instead.
        longer: Factor on the number of steps.
    """

    inputs: bool = False
    targets: bool = False
    bare: bool = False
    loss: bool = False
    negate: bool = False
    mean: bool = False
    hidden: bool = False
    init: bool = False
    unregularised: bool = False
    adam: float | None = None
    rate: float = 1.0
    unclipped: bool = False
    all_parameters: bool = False
    shuffle: bool = False
    rows: int | None = None
    balanced: bool = False
    no_norm: bool = False
    output_bias: bool = False
    biased: bool = False
    fresh: bool = False
    synthetic: bool = False
    float32: bool = False
    default: bool = False
    longer: float = 1.0

    def changed(self) -> list[str]:
        """Return the names of the parts that differ from the program's own."""
        plain = Setup()
        return [f.name for f in fields(self) if getattr(self, f.name) != getattr(plain, f.name)]


@dataclass(frozen=True)
class Run:
    """How one short training run went.

    Attributes:
        setup: What was swapped.
        train: Score on training rows, model in evaluation mode.
        held: Score on rows that were not trained on; the training score if there are none.
        losses: Loss of every step.
        steps: Steps made.
        seconds: Time spent.
        error: Why it failed, or "".
    """

    setup: Setup
    train: float
    held: float
    losses: tuple[float, ...]
    steps: int
    seconds: float
    error: str = ""

    @property
    def score(self) -> float:
        """The score that runs are compared by."""
        return self.held
