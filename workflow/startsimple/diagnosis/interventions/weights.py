"""Standard initial weights: restores programs that start from constant or badly scaled ones."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding, nn.RNNBase)


def constant_layers(case: Case) -> list[str]:
    """Return the names of the weights whose units are all equal."""
    found = list[str]()
    for name, weight in case.program.model.named_parameters():
        flat = weight.detach().flatten(1) if weight.ndim > 1 else None
        if flat is not None and len(flat) > 1 and bool((flat == flat[0]).all()):
            found.append(name)
    return found


def scales(case: Case) -> tuple[float, str]:
    """Return the largest ratio of a weight's spread to that of the standard initialisation."""
    worst, place = 1.0, ""
    for name, module in case.program.model.named_modules():
        if not isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            continue
        fan = module.weight[0].numel()
        if fan < 2 or module.weight.numel() < 16:
            continue
        ratio = float(module.weight.detach().std()) * (3 * fan) ** 0.5
        size = max(ratio, 1 / max(ratio, 1e-12))
        if size > max(worst, 1 / worst):
            worst, place = ratio, name
    return worst, place


def applies(case: Case) -> bool:
    """Say whether the model has layers that can be drawn anew."""
    return any(isinstance(module, LAYERS) for module in case.program.model.modules())


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell constant weights (M13) from badly scaled ones (M14)."""
    if same := constant_layers(case):
        return Attribution("M13", same[0], f"all units of {same[0]} start equal", 1.2, trait=True)
    ratio, place = scales(case)
    note = f"weights of {place or 'the model'} start at {ratio:.3g} times the standard scale"
    usual = 0.3 < ratio < 4
    return Attribution("M14", place, note, 0.3 if usual else 1.1, trait=not usual)


INTERVENTION = Intervention("standard initial weights", [{"init": True}], attribute, 1.0, applies)
