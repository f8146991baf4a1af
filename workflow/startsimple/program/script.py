"""A plain training script as a subject: run it once under observation, then replay its steps."""

import copy
import runpy
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn, optim

from startsimple.program.clock import worked
from startsimple.program.loss_calls import answering_last, loss_call
from startsimple.program.observer import EnoughSeenError, Observer
from startsimple.program.printed import watch_prints
from startsimple.program.rows import same_numbers
from startsimple.program.snapshot import OptimizerPlan, Snapshot, build_optimizer
from startsimple.program.spy import LOSSES, Op, Spy, answers_in, map_tensors, tensors_in
from startsimple.program.subject import LossCall, Step, Task
from startsimple.program.tape import Call, Tape, is_part
from startsimple.program.tasks import infer_task
from startsimple.program.trace import Trace
from startsimple.program.unseeded import Unseeded
from startsimple.program.validation import TapeBatch, same_work, validation_batches
from startsimple.schema.errors import UserError


class ScriptSubject:
    """A script's model, loss and batches, as captured; every copy starts from the first weights."""

    def __init__(
        self, model: nn.ModuleList, tape: Tape, batches: Sequence[TapeBatch], task: Task
    ) -> None:
        self.modules = model
        self.tape = tape
        self.task = task
        self.train = list(batches)
        self.val: list[TapeBatch] = []
        self.plans: list[OptimizerPlan] = []
        self.names: dict[int, str] = {}
        self.clip: float | None = None
        self.derived = False
        # What ran without gradients is a constant of the tape, and moves with nothing.
        self.stops = False
        self.several = len(tape.inputs) > 1
        # Which input holds the labels, where the model computes its loss itself.
        self.labels: int | None = None
        # A loss on derivatives of the outputs needs the graph in evaluation, too.
        self._differentiates = any(op.name == "grad" for op in _ops(tape))

    @property
    def model(self) -> nn.Module:
        """The program's model (a list of them if it has several)."""
        return self.modules[0] if len(self.modules) == 1 else self.modules

    def fork(self) -> "ScriptSubject":
        """Return a copy whose weights can be trained; the batches are shared and never written."""
        twin = copy.copy(self)
        twin.modules = copy.deepcopy(self.modules)
        return twin

    def batches(
        self, split: Literal["train", "val"], limit: int | None = None
    ) -> Iterator[TapeBatch]:
        """Yield captured batches in the order in which they were used."""
        yield from (self.train if split == "train" else self.val)[:limit]

    def step(self, batch: TapeBatch, *, train: bool = True) -> Step:
        """Play the script's own step on a batch."""
        calls: list[LossCall] = []

        def watch(op: Op) -> None:
            if op.name in LOSSES:
                calls.append(loss_call(op))

        weights = dict(self.modules.named_parameters())
        parameters = {key: weights[name] for key, name in self.names.items() if name in weights}
        grad = torch.is_grad_enabled()
        inside = Spy(watch) if self.labels is not None else nullcontext()
        with torch.set_grad_enabled(grad or self._differentiates), inside as spy:
            if spy is not None:
                spy.recording = True
            loss, output = self.tape.replay(
                list(self.modules), batch.inputs, batch.targets, parameters, None if spy else watch
            )
        calls = answering_last(calls, output)
        step = Step(loss, batch.inputs[0], output, self.targets_of(batch), calls)
        return step if grad else step.detached()

    def optimizers(self) -> list[optim.Optimizer]:
        """Build the script's optimisers again, as configured at the first step."""
        weights = dict(self.modules.named_parameters())
        built: list[optim.Optimizer] = []
        for plan in self.plans:
            groups = [
                {**group, "params": [weights[name] for name in group["params"]]}
                for group in plan.groups
                if group["params"]
            ]
            if groups:
                built.append(build_optimizer(plan.kind, groups))
        return built

    def with_inputs(self, batch: TapeBatch, inputs: Tensor) -> TapeBatch:
        """Return the batch with its first input replaced."""
        return replace(batch, inputs=(inputs, *batch.inputs[1:]))

    def inputs_of(self, batch: TapeBatch) -> Tensor:
        """Return the first tensor that entered the model."""
        return batch.inputs[0]

    def targets_of(self, batch: TapeBatch) -> Tensor | None:
        """Return the tensor that the loss compared the output with."""
        if self.labels is not None:
            return batch.inputs[self.labels]
        return batch.targets[0] if batch.targets else None

    def entries(self) -> list[nn.Module]:
        """Return the module that the script calls first."""
        return [self.modules[0]]

    def predict(self, batch: TapeBatch) -> Tensor:
        """Run the model on a batch and return its first output."""
        if len(self.modules) > 1:
            output = self.step(batch).output
        else:
            args, kwargs = self._asked(batch.inputs)
            output = next(iter(answers_in(self.modules[0](*args, **kwargs))), None)
        if output is None:
            raise ValueError("the model returned no tensor")
        return output

    def _asked(self, inputs: Sequence[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return inputs as the script hands them to its model: by name, or several in a tuple."""
        call = next(entry for entry in self.tape.entries if isinstance(entry, Call))
        known = {id(old): new for old, new in zip(self.tape.inputs, inputs, strict=False)}
        found = tensors_in((call.args, call.kwargs))
        if len(found) != len(inputs) or any(id(tensor) not in known for tensor in found):
            return tuple(inputs), {}
        args, kwargs = map_tensors((call.args, call.kwargs), lambda tensor: known[id(tensor)])
        return args, kwargs

    def pair(self, batch: TapeBatch) -> tuple[Tensor | None, Tensor | None]:
        """Return the model's output on a batch and what the loss compares it with."""
        if self.derived:
            call = self.step(batch).calls[-1]
            return call.input, call.target
        return self.predict(batch), self.targets_of(batch)

    def regroup(
        self, batches: Sequence[TapeBatch], *, rows: int | None, seed: int
    ) -> list[TapeBatch]:
        """Return the rows of all batches in random order, in batches of `rows` each."""
        size = rows or max(len(b.inputs[0]) for b in batches)
        places = range(len(batches[0].inputs))
        inputs = [torch.cat([b.inputs[i] for b in batches]) for i in places]
        targets = [
            torch.cat([b.targets[i] for b in batches]) for i in range(len(batches[0].targets))
        ]
        order = torch.randperm(len(inputs[0]), generator=torch.Generator().manual_seed(seed))
        return [
            TapeBatch(tuple(t[part] for t in inputs), tuple(t[part] for t in targets))
            for part in order.split(size)
        ]

    def with_targets(self, batch: TapeBatch, targets: Tensor) -> TapeBatch:
        """Return the batch with its targets replaced."""
        if self.labels is not None:
            place = self.labels
            return replace(
                batch, inputs=(*batch.inputs[:place], targets, *batch.inputs[place + 1 :])
            )
        return replace(batch, targets=(targets, *batch.targets[1:]))


def observe_script(
    path: Path, argv: Sequence[str], seconds: float, step_limit: int = 10**9
) -> tuple[ScriptSubject | None, Trace]:
    """Run a script, unmodified, as its own `__main__`, and capture what it trains.

    Args:
        path: The script.
        argv: Its arguments.
        seconds: Share of time after which it is ended.
        step_limit: Optimiser steps after which it is ended.

    Returns:
        The subject (None if no training step could be captured) and the trace.

    Raises:
        UserError: If there is no such file.
    """
    if not path.is_file():
        raise UserError(f"There is no script {path}; give the path of a Python file.")
    snapshot = Snapshot()
    observer, unseeded = Observer(worked() + seconds, snapshot, step_limit), Unseeded()
    trace = observer.trace
    saved_argv, saved_path = sys.argv, list(sys.path)
    sys.argv, sys.path = [str(path), *argv], [str(path.resolve().parent), *sys.path]
    try:
        with ExitStack() as stack:
            unseeded.watch(stack)
            watch_prints(stack, trace.logged)
            stack.enter_context(observer.watching())
            runpy.run_path(str(path), run_name="__main__")
    except EnoughSeenError:
        pass
    except SystemExit as stop:
        if stop.code not in (None, 0):
            trace.error = f"SystemExit: the program ended itself with {stop.code!r}"
    except BaseException as error:
        trace.error = f"{type(error).__name__}: {error}"
        trace.error_where = _line_of(error, path)
    finally:
        sys.argv, sys.path = saved_argv, saved_path
    trace.facts["unseeded"] = unseeded.sources
    if snapshot.note:
        trace.notes.append(snapshot.note)
    return _subject(observer, snapshot), trace


def _ops(tape: Tape) -> list[Op]:
    return [e for e in tape.entries if isinstance(e, Op)]


def _compares_output(tape: Tape, output: Tensor | None) -> bool:
    """Return whether the step's last loss compares the last model's output itself."""
    compared = loss_call([e for e in _ops(tape) if e.name in LOSSES][-1]).input
    return output is not None and same_numbers(compared, output)


def _labels_inside(trace: Trace, first: Tape) -> tuple[LossCall | None, int | None]:
    """Return the loss that ran inside the model in the first step, and which input it took."""
    ops = trace.forward.ops if trace.forward is not None else []
    call = next((loss_call(op) for op in reversed(ops) if op.name in LOSSES), None)
    if call is None:
        return None, None
    same = (i for i, t in enumerate(first.inputs) if same_numbers(t, call.target))
    return call, next(same, None)


def _line_of(error: BaseException, path: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    mine = [f for f in frames if Path(f.filename).name == path.name]
    return f"{mine[-1].filename}:{mine[-1].lineno}" if mine else ""


def _subject(observer: Observer, snapshot: Snapshot) -> ScriptSubject | None:
    trace = observer.trace
    if not observer.tapes or snapshot.modules is None or not snapshot.modules:
        trace.notes.append("no training step of a torch module could be captured")
        return None
    shape = Counter((len(t.inputs), len(t.targets)) for t in observer.tapes).most_common(1)[0][0]
    # The first step can differ from all others, as where it alone begins without a state.
    usual = [t for t in observer.tapes if (len(t.inputs), len(t.targets)) == shape]
    tape = next((t for t in usual if t.entries), observer.tapes[0])
    if not any(isinstance(entry, Call) for entry in tape.entries):
        trace.notes.append("the loss does not come from a torch module that could be followed")
        return None
    batches = [TapeBatch(tuple(t.inputs), tuple(t.targets)) for t in usual]
    live = nn.ModuleList(observer.modules)
    trace.trained = live[0] if len(live) == 1 else live
    losses = [e.name for e in _ops(tape) if e.name in LOSSES]
    modules = observer.modules
    calls = [e for e in tape.entries if isinstance(e, Call)]
    used = [modules[call.module] for call in calls]
    whole = [call for call in calls if not is_part(modules[call.module], used)]
    outputs = [e.out for e in whole]
    output = next(iter(answers_in(outputs[-1])), None)
    call, place = _labels_inside(trace, observer.tapes[0])
    subject = ScriptSubject(snapshot.modules, tape, batches, Task("other"))
    if place is not None and not tape.targets:
        subject.labels, subject.several = place, len(tape.inputs) > 2
    goals = [goal for b in batches[:200] if (goal := subject.targets_of(b)) is not None]
    alike = [t for t in goals if t.shape[1:] == goals[0].shape[1:]]
    target = torch.cat(alike) if alike and alike[0].ndim else None
    if subject.labels is not None and call is not None:
        subject.task = infer_task(call.input, target, call.name)
    else:
        subject.task = infer_task(output, target, losses[-1] if losses else "")
    subject.derived = len(outputs) > 1 and bool(losses) and not _compares_output(tape, output)
    subject.plans, subject.names = snapshot.plans, snapshot.names
    trained = copy.copy(subject)
    trained.modules = live
    trace.facts["trained"] = trained
    ended = [
        e
        for e in trace.evaluations
        if (e.target is not None or subject.labels is not None)
        and e.step
        and same_work(e, modules, whole)
    ]
    # A training pass whose loss is skipped, as one that is not finite, is followed by no step.
    ended = [e for e in ended if not (e.grad and e.training)] or ended
    last = [e for e in ended if e.step == ended[-1].step] if ended else []
    subject.val = validation_batches(last, batches)
    return subject
