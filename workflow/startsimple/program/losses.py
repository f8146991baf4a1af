"""The loss, computed from outputs, with the faults that the config can inject into it."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from startsimple.schema.config import LossConfig
from startsimple.schema.errors import UserError, nearest

Loss = Callable[[Tensor, Tensor], Tensor]

CROSS_ENTROPY, MEAN_SQUARED_ERROR = "cross_entropy", "mean_squared_error"
_NAMES = (CROSS_ENTROPY, MEAN_SQUARED_ERROR)
_REDUCTIONS = ("mean", "sum")


def build(config: LossConfig) -> Loss:
    """Build the loss function that a config describes.

    Args:
        config: Name, label smoothing, reduction, and injected faults.

    Returns:
        A function of outputs (batch, outputs) and targets (batch,) that returns a scalar. Which
        function of torch it calls is decided here and not at every step.

    Raises:
        UserError: If a name or a number is wrong.
    """
    if config.name not in _NAMES:
        raise UserError(f"loss.name='{config.name}' is unknown. {nearest(config.name, _NAMES)}")
    if config.reduction not in _REDUCTIONS:
        raise UserError(
            f"loss.reduction='{config.reduction}' is unknown. "
            f"{nearest(config.reduction, _REDUCTIONS)}"
        )
    if not 0 <= config.label_smoothing < 1:
        raise UserError(f"loss.label_smoothing={config.label_smoothing} must be in [0, 1).")
    _require_fitting(config)
    if config.name == MEAN_SQUARED_ERROR:
        loss = _mean_squared_error(config)
    else:
        loss = _over_batch(config) if config.softmax_over_batch else _cross_entropy(config)
    if config.double_softmax:
        loss = _after_softmax(loss)
    return _negated(loss) if config.negated else loss


def _require_fitting(config: LossConfig) -> None:
    """Refuse an injected fault that cannot occur in this loss."""
    loss = MEAN_SQUARED_ERROR if config.broadcast else CROSS_ENTROPY
    for fault in ("broadcast", "double_softmax", "softmax_over_batch"):
        if getattr(config, fault) and config.name != loss:
            raise UserError(
                f"loss.{fault} is a fault of loss={loss}, and this is {config.name}: choose an "
                "experiment with that loss."
            )


def _cross_entropy(config: LossConfig) -> Loss:
    smoothing, reduction = config.label_smoothing, config.reduction

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(
            logits, targets, reduction=reduction, label_smoothing=smoothing
        )

    return loss


def _mean_squared_error(config: LossConfig) -> Loss:
    reduction, broadcast = config.reduction, config.broadcast

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        # Injected fault M10: (batch, 1) against (batch,) compares everything with everything.
        answers = outputs if broadcast else outputs[:, 0]
        return functional.mse_loss(answers, targets, reduction=reduction)

    return loss


def _over_batch(config: LossConfig) -> Loss:
    """Injected fault: each class is normalised over the batch, not each example over classes."""

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return functional.nll_loss(logits.log_softmax(0), targets, reduction=config.reduction)

    return loss


def _after_softmax(loss: Loss) -> Loss:
    """Injected fault M04: the loss, which applies softmax itself, receives probabilities."""
    return lambda logits, targets: loss(logits.softmax(-1), targets)


def _negated(loss: Loss) -> Loss:
    """Injected fault M08: training climbs the loss."""
    return lambda logits, targets: -loss(logits, targets)
