"""Outputs that start at the prior: restores programs whose last bias is missing or far off."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

# A start this many standard deviations (regression) or logits away from the prior is far off.
FAR = 5.0


def complaint(case: Case) -> str:
    """Say what is wrong with the last layer's bias, or return ""."""
    lab, task = case.lab, case.program.task
    if not lab.head or not lab.targets or task.kind == "other":
        return ""
    layer = case.program.model.get_submodule(lab.head)
    bias, prior = getattr(layer, "bias", None), lab.prior
    if not isinstance(bias, Tensor):
        mean, std = lab.goal
        if task.kind != "regression" or not bool((mean.abs() > std).any()):
            return ""
        return f"{lab.head} has no bias, but the targets' mean is {float(mean.abs().max()):.3g}"
    if bias.numel() != prior.numel() or not bool(bias.any()):
        return ""
    scale = lab.goal[1].reshape(-1) if task.kind == "regression" else 1.0
    away, base = (bias.detach() - prior).abs() / scale, prior.abs() / scale
    if float(away.max()) < FAR + float(base.max()):
        return ""
    return f"the bias of {lab.head} starts {float(away.max()):.3g} away from the prior"


def applies(case: Case) -> bool:
    """Say whether the last layer's bias is missing where it is needed, or starts far off."""
    return bool(complaint(case))


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the bias."""
    return Attribution("M15", case.lab.head, complaint(case), 1.2, trait=True)


INTERVENTION = Intervention(
    "outputs that start at the prior", [{"output_bias": True}], attribute, 0.5, applies
)
