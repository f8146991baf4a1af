"""R-08: no NaN and no infinity anywhere; if there is one, name the first place."""

from typing import Any

from torch import Tensor, nn

from startsimple.probes.running import backward, cycle, modules, step
from startsimple.program.seeded import seeded
from startsimple.program.spy import tensors_in
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "R-08", "method R-08 (DebugUnderflowOverflow)"


def probe(subject: Subject, batches: int = 2, seed: int = 0) -> Check:
    """Follow the numbers from inputs through weights, modules and loss to the gradients.

    Args:
        subject: The program; it is left as it was.
        batches: Training batches to follow.
        seed: Seeds dropout and the like.

    Returns:
        R-08, whose value is the first place with a NaN or an infinity, or "none".
    """
    fork = subject.fork()
    value, evidence = "none", f"weights, activations, loss and gradients of {batches} batches"
    with seeded(seed):
        for batch in cycle(fork, batches):
            place, frame = _first_place(fork, batch)
            if place:
                value = place
                evidence = f"first seen in {place}{f', after {frame}' if frame else ''}"
                break
    return judge(
        ID,
        "all numbers are finite",
        value,
        "==",
        "none",
        source=SOURCE,
        evidence=evidence if value != "none" else f"{evidence} are finite",
    )


def _first_place(subject: Subject, batch: Batch) -> tuple[str, str]:
    if not _finite(subject.inputs_of(batch)):
        return "the inputs", ""
    for name, parameter in subject.model.named_parameters():
        if not _finite(parameter):
            return f"parameter {name}", ""
    first: list[str] = []
    frames: list[str] = []
    names = {module: name for name, module in modules(subject.model).items()}

    def look(module: nn.Module, args: Any, output: Any) -> None:
        values = tensors_in(output)
        name = names[module] or type(module).__name__
        if not first and not all(_finite(value) for value in values):
            first.append(f"module {name} ({type(module).__name__})")
        elif not first and values:
            frames.append(
                f"{name}, whose largest output is {float(values[0].detach().abs().max()):.3g}"
            )

    handles = [module.register_forward_hook(look) for module in subject.model.modules()]
    loss = step(subject, batch).loss
    for handle in handles:
        handle.remove()
    if first:
        return first[0], frames[-1] if frames else ""
    if not _finite(loss):
        return "the loss", ""
    if loss.requires_grad:
        subject.model.zero_grad(set_to_none=True)
        backward(loss)
    for name, parameter in subject.model.named_parameters():
        if parameter.grad is not None and not _finite(parameter.grad):
            return f"gradient of {name}", ""
    return "", ""


def _finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all())
