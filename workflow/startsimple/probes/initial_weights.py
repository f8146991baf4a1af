"""M-12: initial weights have the spread of a known initialisation, and units start different."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from dataclasses import dataclass, replace

from torch import Tensor, nn

from startsimple.probes.running import modules, train
from startsimple.program.initialise import output_layer, standard_deviation, weights
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "M-12", "method M-12 (TheDeepChecker; He, Glorot, LeCun)"
TITLE = "initial weights have a sound spread"
TARGETS = ("he", "glorot", "lecun", "torch")
# Relative to the weights' size: smaller than any initialisation, larger than rounding.
CONSTANT = 1e-8
# Among thousands of weights a test finds differences of no consequence: demand a size as well.
FACTOR_FAIL, FACTOR_WARN = 2.0, 1.25
STEPS = 3


@dataclass(frozen=True)
class _Spread:
    """One weight tensor: its standard deviation, the nearest target, and the test's p-value."""

    name: str
    std: float
    target: float
    p: float

    @property
    def factor(self) -> float:
        """By which factor the spread misses its target, in whichever direction."""
        return math.exp(abs(math.log(self.std / self.target))) if self.std else math.inf


def probe(subject: Subject, init: str | None = None, alpha: float = 0.1, seed: int = 0) -> Check:
    """Test the standard deviation of every layer's initial weights.

    Args:
        subject: The untrained program; it is left as it was.
        init: The initialisation that is claimed: he, glorot, lecun or torch. None accepts the
            nearest of them for each layer.
        alpha: Significance of the variance tests, shared among all layers.
        seed: Seeds the few steps that show whether zero weights stay zero.

    Returns:
        M-12 with the largest factor between a significant spread and its target. Weights
        without any spread fail: their units stay copies of each other. The output layer may be
        smaller than its target, down to zero, since that only makes the first loss ln K.
    """
    model = subject.model
    spreads = _spreads(model, init)
    if not spreads:
        return Check(ID, TITLE, Status.SKIP, evidence="there are no layers whose spread is known")
    constant = [spread.name for spread in spreads if spread.std <= CONSTANT * spread.target]
    stuck = _stuck(subject, constant, seed)
    if stuck:
        evidence = f"all weights are equal in {', '.join(stuck)}: units stay copies of each other"
        return judge(ID, TITLE, None, "<=", FACTOR_FAIL, source=SOURCE, evidence=evidence)
    rest = [spread for spread in spreads if spread.name not in constant]
    wrong = [spread for spread in rest if spread.p <= alpha / len(rest)]
    if not wrong:
        evidence = f"{len(rest)} weight tensors have the spread of {init or 'a known'} init"
        return judge(ID, TITLE, 1.0, "<=", FACTOR_WARN, source=SOURCE, evidence=evidence)
    worst = max(wrong, key=lambda spread: spread.factor)
    blocks = worst.factor > FACTOR_FAIL
    status, limit = (Status.FAIL, FACTOR_FAIL) if blocks else (Status.WARN, FACTOR_WARN)
    evidence = f"{worst.name} has standard deviation {worst.std:.3g}, target {worst.target:.3g}"
    return judge(
        ID, TITLE, worst.factor, "<=", limit, source=SOURCE, evidence=evidence, otherwise=status
    )


def _spreads(model: nn.Module, init: str | None) -> list[_Spread]:
    head = output_layer(model)
    found: list[_Spread] = []
    for prefix, layer in modules(model).items():
        for name, weight in weights(layer):
            # A single number has no spread.
            if weight.numel() < 2:
                continue
            targets = [_target(layer, weight, kind) for kind in ([init] if init else TARGETS)]
            spread = _measure(f"{prefix}.{name}".lstrip("."), weight.detach(), targets)
            if layer is head and spread.std <= spread.target:
                spread = replace(spread, std=spread.target, p=1.0)
            found.append(spread)
    return found


def _target(layer: nn.Module, weight: Tensor, kind: str) -> float:
    if kind == "torch" and isinstance(layer, nn.RNNBase):
        # Torch scales all of a recurrent layer's weights by its hidden size.
        return 1 / math.sqrt(3 * layer.hidden_size)
    return standard_deviation(weight, kind)


def _measure(name: str, weight: Tensor, targets: list[float]) -> _Spread:
    from scipy import stats

    std = float(weight.double().std())
    target = min(targets, key=lambda t: abs(math.log(max(std, 1e-300) / t)))
    freedom = weight.numel() - 1
    below = float(stats.chi2.cdf(freedom * (std / target) ** 2, freedom))
    return _Spread(name, std, target, 2 * min(below, 1 - below))


def _stuck(subject: Subject, constant: list[str], seed: int) -> list[str]:
    """Return which constant weights stay so: a branch may start at zero and soon leave it."""
    if not constant:
        return []
    fork = subject.fork()
    train(fork, STEPS, seed)
    later = _named(fork.model)
    return [
        name
        for name, weight in _named(subject.model).items()
        if name in constant and (bool(weight.any()) or float(later[name].std()) == 0)
    ]


def _named(model: nn.Module) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}".lstrip("."): weight.detach()
        for prefix, layer in modules(model).items()
        for name, weight in weights(layer)
    }
