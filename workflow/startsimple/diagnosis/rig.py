"""One copy of a program with its setup in place: how it trains, and how it is scored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn, optim

from startsimple.diagnosis.default_network import default_network, outputs_needed
from startsimple.diagnosis.in_context import entered
from startsimple.diagnosis.mending import HALVES
from startsimple.diagnosis.objective import ROWS_SCORED, known_good_loss, skill, together
from startsimple.diagnosis.setup import Setup
from startsimple.diagnosis.surgery import Surgery, add_biases, reinitialise, without_norms
from startsimple.diagnosis.targets import separable
from startsimple.program.snapshot import build_optimizer
from startsimple.program.spy import map_tensors
from startsimple.program.subject import Batch, Step

if TYPE_CHECKING:
    from startsimple.diagnosis.lab import Lab

FAR_OUT = 10.0


class Rig:
    """One copy of the program with its setup in place."""

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.lab, self.setup = lab, setup
        self.program = lab.program.fork()
        task, first = self.program.task, lab.train[0]
        target = self.program.targets_of(first)
        if setup.default and target is not None:
            inputs = self.program.inputs_of(first)
            self.model: nn.Module = default_network(inputs, outputs_needed(task, target))
        else:
            self.model = self.program.model
        if setup.float32:
            self.model.float()
            for module in self.program.entries():
                module.register_forward_pre_hook(_in_single)
        if setup.init and not setup.default:
            reinitialise(self.model)
        self.surgery = Surgery(
            lab.output, bare=setup.bare, rectify=setup.hidden, undrop=setup.unregularised
        )
        if setup.inputs:
            self._standardise_inputs()
        if setup.no_norm and not setup.default:
            without_norms(self.model)
        if setup.biased and not setup.default:
            add_biases(self.model)
        if setup.output_bias and not setup.default:
            self._centre_outputs()
        self.optimizers = self._optimizers()

    def _centre_outputs(self) -> None:
        """Let the outputs start where a constant prediction would be best (P-02)."""
        layer, offset = self.model.get_submodule(self.lab.head), self.lab.prior
        bias = getattr(layer, "bias", None)
        if isinstance(bias, Tensor):
            with torch.no_grad():
                bias.copy_(offset.expand_as(bias))
        else:

            def add(module: nn.Module, args: Any, out: Tensor) -> Tensor:
                return out + offset

            layer.register_forward_hook(add)

    def _standardise_inputs(self) -> None:
        mean, std = self.lab.stats
        if mean is None:
            return

        def standardise(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
            if not args or not isinstance(args[0], Tensor) or args[0].shape[1:] != mean.shape:
                return None
            return (((args[0].float() - mean) / std).clamp(-FAR_OUT, FAR_OUT), *args[1:])

        for module in [self.model] if self.setup.default else self.program.entries():
            module.register_forward_pre_hook(standardise)

    def _optimizers(self) -> list[optim.Optimizer]:
        setup = self.setup
        if setup.adam is not None or setup.default:
            if not self.model.training or setup.all_parameters:
                self.model.requires_grad_(True)
            live = [p for p in self.model.parameters() if p.requires_grad]
            return [optim.Adam(live, lr=setup.adam or 1e-3)]
        own = self.program.optimizers() or self._adopted()
        if setup.all_parameters:  # Last, since programs freeze where they configure optimisers.
            self.model.requires_grad_(True)
        for group in (g for o in own for g in o.param_groups):
            group["lr"] = group["lr"] * setup.rate
            if setup.unregularised and "weight_decay" in group:
                group["weight_decay"] = 0.0
        if (setup.all_parameters or setup.biased) and own:
            held = {id(p) for o in own for g in o.param_groups for p in g["params"]}
            rest = [p for p in self.model.parameters() if id(p) not in held]
            if rest:
                own[0].add_param_group({"params": rest})
        return own

    def _adopted(self) -> list[optim.Optimizer]:
        """Return an optimiser like the one that holds parameters of another model only."""
        plans = getattr(self.program, "plans", []) if self.setup.all_parameters else []
        weights = list(self.model.parameters())
        return [build_optimizer(p.kind, [{**p.groups[0], "params": weights}]) for p in plans[:1]]

    def train_step(self, batches: Sequence[Batch]) -> float:
        """Make one step on some batches as a careful loop would; return the mean loss."""
        self.model.train()
        if self.optimizers and isinstance(self.optimizers[0], optim.LBFGS):
            return float(self.optimizers[0].step(lambda: self._backward(batches)))
        mean = self._backward(batches)
        clip = self.program.clip
        if clip is not None and not self.setup.unclipped:
            nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        for optimizer in self.optimizers:
            optimizer.step()
        return mean

    def _backward(self, batches: Sequence[Batch]) -> float:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        share = len(batches) if self.lab.averaged or not self._own_loss else 1
        losses = list[float]()
        for batch in batches:
            loss = self._loss(batch) / share
            loss.backward()
            losses.append(float(loss.detach()) * share)
        return sum(losses) / len(losses)

    @property
    def _own_loss(self) -> bool:
        setup = self.setup
        swapped = setup.loss or setup.default or setup.targets or setup.balanced
        return not (swapped or setup.synthetic)

    def _loss(self, batch: Batch) -> Tensor:
        setup, program = self.setup, self.program
        if self._own_loss:
            with self._operating():
                step = program.step(batch)
            loss = step.loss
            if setup.unregularised and self.lab.penalised and step.calls:
                loss = torch.stack([call.value for call in step.calls]).sum()
            loss = -loss if setup.negate else loss
            return loss / _terms(step, len(program.inputs_of(batch))) if setup.mean else loss
        output, target = self.pair(batch)
        if target is None:
            raise ValueError("the program's targets are not known")
        if setup.targets and program.task.kind == "regression":
            target = (target.float() - self.lab.goal[0]) / self.lab.goal[1]
        weights = self.lab.class_weights if setup.balanced else None
        return known_good_loss(output, target, program.task, weights)

    @contextmanager
    def _operating(self) -> Any:
        self.surgery.restart()
        with ExitStack() as stack:
            if self.setup.bare or self.surgery.rectify or self.surgery.undrop:
                stack.enter_context(self.surgery)
            stack.enter_context(entered(self.lab.modes))
            yield

    def pair(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the copy's output on a batch and what the loss compares it with."""
        with self._operating():
            if self.setup.default:
                output = self.model(self.program.inputs_of(batch))
                target = self.program.targets_of(batch)
            else:
                output, target = self.program.pair(batch)
        if self.setup.synthetic and target is not None:
            target = separable(self.program.inputs_of(batch), target, self.program.task)
        if output is not None and self.lab.link is not None and not self.setup.loss:
            output = self.lab.link(output)
        if output is None:
            raise ValueError("the model returned no tensor")
        return output, target

    def score(self, batches: Sequence[Batch], *, training: bool = False) -> float:
        """Score the trained copy on batches, in evaluation mode unless `training`."""
        self.model.train(training)
        outputs, targets, rows = list[Tensor](), list[Tensor](), 0
        with torch.no_grad():
            for batch in batches:
                output, target = self.pair(batch)
                if target is None:
                    continue
                outputs.append(output)
                targets.append(target)
                rows += len(output)
                if rows >= ROWS_SCORED:
                    break
        if not targets:
            return -1.0
        output, goal = together(outputs, targets, self.program.task)
        if self.setup.targets and self.program.task.kind == "regression":
            goal = (goal.float() - self.lab.goal[0]) / self.lab.goal[1]
        raw = self.setup.default or self.setup.bare
        squashed = self.lab.probabilities and not raw
        return skill(output, goal, self.program.task, probabilities=squashed)


def _terms(step: Step, rows: int) -> int:
    """Return over how many terms a step's loss is summed: its own, if it says that it sums."""
    call = step.calls[-1] if step.calls else None
    sums = call is not None and call.options.get("reduction") == "sum"
    return call.target.numel() if call is not None and sums else rows


def _in_single(module: nn.Module, args: Any) -> Any:
    """Give a module its inputs in single precision; a forward pre-hook."""
    return map_tensors(args, lambda t: t.float() if t.dtype in HALVES else t)
