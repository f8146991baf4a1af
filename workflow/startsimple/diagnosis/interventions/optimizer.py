"""Another learning rate, or Adam: restores programs whose optimiser is off."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

# Beyond it, momentum multiplies the step by over 100.
MOMENTUM_MAX = 0.99
# Adam's constant is 1e-8, in few works 1e-3 or, for recognising pictures, 0.1 with higher rates.
EPSILON_MAX = 1e-2
# A usual rate of plain descent that is so many times too low is the lack of an adaptive one.
HUGE, USUAL = 1000.0, 1e-4


def rates(case: Case) -> str:
    """Describe the program's optimiser and its first learning rate."""
    kinds = [type(o).__name__ for o in case.program.fork().optimizers()]
    first = case.trace.steps[0].rates if case.trace.steps else []
    shown = f" at {first[0]:.3g}" if first else ""
    return f"{' and '.join(kinds) or 'no optimiser'}{shown}"


def momentum(case: Case) -> float:
    """Return the largest momentum (or first beta) among the program's optimisers."""
    groups = [group for o in case.program.fork().optimizers() for group in o.param_groups]
    betas = [group.get("betas", (group.get("momentum", 0.0),))[0] for group in groups]
    return max((float(beta) for beta in betas), default=0.0)


def epsilon(case: Case) -> float:
    """Return the largest constant that an adaptive optimiser adds to what it divides by."""
    groups = [group for o in case.program.fork().optimizers() for group in o.param_groups]
    return max((float(group.get("eps", 0.0)) for group in groups), default=0.0)


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell a learning rate that is too high or too low from an unfit optimiser."""
    where = rates(case)
    first = case.trace.steps[0].rates[:1] if case.trace.steps else []
    heavy = momentum(case)
    if heavy > MOMENTUM_MAX:
        note = f"momentum {heavy:g} averages over some {1 / (1 - heavy):.0f} steps"
        return Attribution("O03", where, note, 1.0)
    if (eps := epsilon(case)) > EPSILON_MAX:
        return Attribution("O03", where, f"eps {eps:g} outweighs the gradients it is added to", 1.0)
    if "adam" in variant and "Adam" in where and first and first[0] > 0:
        variant = {"rate": variant["adam"] / first[0]}  # Adam already: only its rate differs.
    if "adam" in variant and case.diverged and first and first[0] > variant["adam"]:
        return Attribution("O01", where, f"it diverges; Adam at {variant['adam']:g} learns", 0.9)
    if "adam" in variant:
        return Attribution("O03", where, f"Adam at {variant['adam']:g} learns instead", 0.8)
    factor = variant["rate"]
    if factor >= HUGE and first and first[0] >= USUAL and "Adam" not in where:
        note = f"only {factor:g} times its rate lets the program's own optimiser learn"
        return Attribution("O03", where, note, 0.8)
    note = f"the program's own optimiser learns at {factor:g} times its rate"
    if factor < 1:
        return Attribution("O01", where, note, 1.05 if case.diverged else 1.0)
    return Attribution("O02", where, note, 1.0)


INTERVENTION = Intervention(
    "another learning rate or Adam",
    [
        {"rate": 0.1},
        {"rate": 0.01},
        {"rate": 0.001},
        {"rate": 10.0},
        {"rate": 100.0},
        {"rate": 1000.0},
        {"adam": 1e-2},
        {"adam": 1e-3},
    ],
    attribute,
    8.0,
    good=True,
)
