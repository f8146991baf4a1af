"""P-09: an example's output depends on its own input, on all of it, and on no other example."""

import math

import torch
from torch import Tensor

from startsimple.probes.running import first_batch, step, take, train
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "P-09", "method P-09 (Karpathy, TheDeepChecker)"
TITLE = "an output depends on its own example only"
EXAMPLES, STEPS = 32, 3


def probe(subject: Subject, trials: int = 10, seed: int = 0) -> Check:
    """Differentiate one example's output with respect to the inputs of the whole batch.

    In evaluation mode, since batch normalisation mixes examples in training by design, and at
    the data as well as at random inputs, where other units are active.

    Args:
        subject: The program; it is left as it was.
        trials: Different examples, at different inputs.
        seed: Chooses examples and random inputs.

    Returns:
        P-09 with the share of the gradient that reaches other examples: 0 is demanded. It
        fails without a number if no output depends on its own input, and warns if some
        positions of the input never matter. Skipped for inputs that are not real numbers.
    """
    fork = subject.fork()
    batch = first_batch(fork)
    count = min(len(fork.inputs_of(batch)), EXAMPLES)
    batch = take(fork, batch, range(count))
    if not fork.inputs_of(batch).is_floating_point() or count < 2:
        return Check(ID, TITLE, Status.SKIP, evidence="inputs are no batch of real numbers")
    measured = _measure(fork, batch, trials, seed)
    if measured and not bool(measured[0].any()):
        # An output layer that starts at zero answers nothing before its first steps.
        train(fork, STEPS, seed)
        measured = _measure(fork, batch, trials, seed)
    if measured is None:
        return Check(ID, TITLE, Status.SKIP, evidence="the output has not one row per example")
    return _judged(*measured, trials)


def _measure(subject: Subject, batch: Batch, trials: int, seed: int) -> tuple[Tensor, float] | None:
    """Return the gradient that reached an example's own input, and what reached all others."""
    inputs = subject.inputs_of(batch)
    source = torch.Generator().manual_seed(seed)
    own, other = torch.zeros_like(inputs[0]), 0.0
    for trial in range(trials):
        row = int(torch.randint(len(inputs), (1,), generator=source))
        noise = torch.randn(inputs.shape, generator=source).to(inputs)
        gradient = _gradient(subject, batch, inputs + noise * bool(trial % 2), row, seed)
        if gradient is None:
            return None
        own += gradient[row].abs()
        gradient[row] = 0
        other += float(gradient.abs().sum())
    return own, other


def _judged(own: Tensor, other: float, trials: int) -> Check:
    total = float(own.sum()) + other
    share = other / total if total > 0 else float("nan")
    unused = int((own == 0).sum())
    evidence = f"{share:.1%} of the gradient of {trials} outputs reaches other examples"
    if not math.isfinite(total):
        evidence = "the gradient is NaN or infinite"
    elif total == 0:
        evidence = "no output changes with its input: the gradient is zero everywhere"
    elif share == 0 and unused:
        evidence += f"; {unused} of {own.numel()} input positions never matter"
        return Check(ID, TITLE, Status.WARN, share, "==", 0.0, SOURCE, evidence)
    return judge(ID, TITLE, share, "==", 0.0, source=SOURCE, evidence=evidence)


def _gradient(subject: Subject, batch: Batch, inputs: Tensor, row: int, seed: int) -> Tensor | None:
    leaf = inputs.detach().clone().requires_grad_()
    with seeded(seed), torch.enable_grad():
        output = step(subject, subject.with_inputs(batch, leaf), train=False).output
        if output is None or not output.ndim or len(output) != len(leaf):
            return None
        if not output.requires_grad:
            return torch.zeros_like(leaf)
        (gradient,) = torch.autograd.grad(
            output[row].sum(), leaf, allow_unused=True, materialize_grads=True
        )
    return gradient
