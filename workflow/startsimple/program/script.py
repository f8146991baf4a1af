"""Run a plain training script once under observation, and take up what it trains."""

import copy
import runpy
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import nn

from startsimple.program.clock import worked
from startsimple.program.loss_calls import answering_last, loss_call
from startsimple.program.observer import EnoughSeenError, Observer
from startsimple.program.printed import watch_prints
from startsimple.program.rows import same_numbers
from startsimple.program.script_subject import ScriptSubject, ops_of
from startsimple.program.snapshot import Snapshot
from startsimple.program.spy import LOSSES, answers_in
from startsimple.program.subject import LossCall, Task
from startsimple.program.tape import Call, Tape, is_part
from startsimple.program.tasks import infer_task
from startsimple.program.trace import Trace
from startsimple.program.unseeded import Unseeded
from startsimple.program.validation import TapeBatch, same_work, validation_batches
from startsimple.schema.errors import UserError


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
    modules = observer.modules
    calls = [e for e in tape.entries if isinstance(e, Call)]
    used = [modules[call.module] for call in calls]
    whole = [call for call in calls if not is_part(modules[call.module], used)]
    outputs = [e.out for e in whole]
    output = next(iter(answers_in(outputs[-1])), None)
    losses = [loss_call(op) for op in ops_of(tape) if op.name in LOSSES]
    losses = answering_last(losses, output)
    inner, place = _labels_inside(trace, observer.tapes[0])
    subject = ScriptSubject(snapshot.modules, tape, batches, Task("other"))
    if place is not None and not tape.targets:
        subject.labels, subject.several = place, len(tape.inputs) > 2
    goals = [goal for b in batches[:200] if (goal := subject.targets_of(b)) is not None]
    alike = [t for t in goals if t.shape[1:] == goals[0].shape[1:]]
    target = torch.cat(alike) if alike and alike[0].ndim else None
    if subject.labels is not None and inner is not None:
        subject.task = infer_task(inner.input, target, inner.name)
    else:
        subject.task = infer_task(output, target, losses[-1].name if losses else "")
    compared = output is not None and bool(losses) and same_numbers(losses[-1].input, output)
    subject.derived = len(outputs) > 1 and bool(losses) and not compared
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
