"""R-06: layers that depend on the mode are in training mode in training, and only there."""

from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm  # pyright: ignore[reportPrivateUsage]
from torch.nn.modules.dropout import _DropoutNd  # pyright: ignore[reportPrivateUsage]

from startsimple.probes.running import first_batch, modules, step
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "R-06", "method R-06 (Karpathy)"
TITLE = "training and evaluation modes are set"


def probe(subject: Subject) -> Check:
    """Watch the mode of every module that runs in a training and in a validation step.

    Args:
        subject: The program; it is left as it was.

    Returns:
        R-06 with the number of wrong modules. It fails for those that act differently in the
        two modes, and warns if the wrong mode has no effect yet. A batch normalisation whose
        parameters are frozen may stay in evaluation mode.
    """
    wrong: list[str] = []
    harmless: list[str] = []
    for train in (True, False):
        for name, module, training in _modes(subject, train):
            if training is train or (train and _frozen_norm(module)):
                continue
            said = f"{name or 'the model'} in {'evaluation' if train else 'training'} mode "
            said += f"in a {'training' if train else 'validation'} step"
            (wrong if _depends(module) else harmless).append(said)
    evidence = "; ".join((wrong or harmless)[:4]) or "every module that ran was in the right mode"
    if harmless and not wrong:
        evidence += " (no effect yet: nothing here depends on the mode)"
    return judge(
        ID,
        TITLE,
        len(wrong) or len(harmless),
        "==",
        0,
        source=SOURCE,
        evidence=evidence,
        otherwise=Status.FAIL if wrong else Status.WARN,
    )


def _modes(subject: Subject, train: bool) -> list[tuple[str, nn.Module, bool]]:
    fork = subject.fork()
    batch = first_batch(fork, "train" if train else "val")
    names = {id(module): name for name, module in modules(fork.model).items()}
    seen: dict[int, tuple[str, nn.Module, bool]] = {}

    def note(module: nn.Module, args: Any) -> None:
        seen.setdefault(id(module), (names[id(module)], module, module.training))

    for module in fork.model.modules():
        module.register_forward_pre_hook(note)
    step(fork, batch, train=train)
    return list(seen.values())


def _depends(module: nn.Module) -> bool:
    if isinstance(module, _DropoutNd):
        return module.p > 0
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return module.dropout > 0
    return isinstance(module, _BatchNorm | nn.RReLU)


def _frozen_norm(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm) and not any(p.requires_grad for p in module.parameters())
