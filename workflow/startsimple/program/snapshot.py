"""Models and optimiser settings of a script, as they stand when its training begins."""

import copy
import inspect
from dataclasses import dataclass
from typing import Any

from torch import nn, optim


@dataclass
class OptimizerPlan:
    """How to build an optimiser again for a copy of the model.

    Attributes:
        kind: The optimiser's class.
        groups: Its parameter groups, with the parameters' places instead of tensors.
        foreign: How many of its parameters belong to no model that ran.
    """

    kind: type[optim.Optimizer]
    groups: list[dict[str, Any]]
    foreign: int


def build_optimizer(kind: type[optim.Optimizer], groups: list[dict[str, Any]]) -> optim.Optimizer:
    """Build an optimiser from parameter groups that hold its settings."""
    needed = inspect.signature(kind).parameters
    shared = {k: v for k, v in groups[0].items() if k in needed and k != "params"}
    return kind(groups, **shared)


class Snapshot:
    """Copies models and optimiser settings just before a phase's first optimiser step.

    Attributes:
        modules: The copied models; None if they could not be copied.
        plans: How to build the optimisers again.
        names: The parameters' names, by `id`.
        note: Why nothing could be copied, or "".
    """

    def __init__(self) -> None:
        self.modules: nn.ModuleList | None = None
        self.plans: list[OptimizerPlan] = []
        self.names: dict[int, str] = {}
        self.note = ""

    def __call__(self, modules: list[nn.Module], optimizers: list[optim.Optimizer]) -> None:
        """Copy the models and note the optimisers' settings; replaces an earlier copy."""
        live = nn.ModuleList(modules)
        self.plans = []
        self.names = {id(p): name for name, p in live.named_parameters()}
        try:
            self.modules = copy.deepcopy(live)
            for module in self.modules.modules():
                module.zero_grad(set_to_none=True)
        except Exception as error:
            self.note = f"the model could not be copied ({error}); no experiment was run on it"
        for optimizer in optimizers:
            self.plans.append(self._plan(optimizer))

    def _plan(self, optimizer: optim.Optimizer) -> OptimizerPlan:
        groups, foreign = list[dict[str, Any]](), 0
        for group in optimizer.param_groups:
            places = [self.names[id(p)] for p in group["params"] if id(p) in self.names]
            foreign += len(group["params"]) - len(places)
            kept = {k: v for k, v in group.items() if k not in ("params", "param_names")}
            groups.append({**kept, "params": places})
        return OptimizerPlan(type(optimizer), groups, foreign)
