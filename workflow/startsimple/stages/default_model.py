"""Stages 3a and 3b: the default model runs, starts right, and ignores nothing (method, 5 to 7)."""

from collections.abc import Callable
from typing import Any, cast

from startsimple.data.pointer import folder_of
from startsimple.data.prepared import Prepared, load_simplified
from startsimple.probes import (
    batch_size,
    dependency,
    dry_run,
    dumb_baselines,
    fresh_gradients,
    initial_loss,
    initial_weights,
    input_baseline,
    learning_parameters,
    loss_contract,
    metric,
    modes,
    module_trace,
    non_finite,
    optimizer_contents,
    reduction,
    repeatability,
    repeatable_evaluation,
)
from startsimple.program.composed import ComposedProgram
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.schema.verdict import Check, Status, Verdict, judge
from startsimple.stages.accusation import accuse
from startsimple.stages.stage import Inputs, conclude
from startsimple.training.device import choose, make_deterministic

TRACE_FILE = "modules.json"
REPEATED_STEPS = 20


def run(config: Config, inputs: Inputs) -> Verdict:
    """Probe the composed program on the simplified problem, before any real training.

    Args:
        config: Sections of the program, with stage.default_model.
        inputs: Where the stage stands; the stage `simplify` was judged before.

    Returns:
        The verdict. The table of modules (R-00) is an artefact; the baselines' scores (P-08) are
        among the numbers.

    Raises:
        UserError: If a setting is wrong or a batch is larger than the simplified training set.
    """
    settings = config.stage.default_model
    make_deterministic(config.numerics)
    device = choose(config.device)
    prepared = load_simplified(folder_of(config.dataset, inputs.root), inputs.artefact)

    def compose() -> ComposedProgram:
        return ComposedProgram.from_config(config, prepared, config.seed, device)

    program = compose()
    modules = _trace(program)
    write_json(inputs.folder / TRACE_FILE, modules)
    inputs.progress(f"{len(modules)} module calls traced on {device.type}; probing")
    checks = [dry_run.probe(program, seed=config.seed)]
    baselines: dict[str, float] = {}
    # Nothing else can be measured on a program that cannot take a step.
    if checks[0].value != dry_run.RAISES:
        baselines = dumb_baselines.measure(program, settings.baseline_steps, config.seed)
        checks += _checks(program, compose, config, baselines)
    return conclude(
        inputs,
        settings,
        checks,
        deciding=initial_loss.ID,
        on_pass="Climb to 'overfit_batch': one frozen batch must be driven to its floor.",
        on_fail="Fix the first suspect, change nothing else, and climb again.",
        suspects=accuse(checks),
        artefacts=[TRACE_FILE],
        numbers=_numbers(program, prepared, baselines),
    )


def _numbers(
    program: ComposedProgram, prepared: Prepared, baselines: dict[str, float]
) -> dict[str, Any]:
    return {
        "device": program.device.type,
        "baselines": baselines,
        "parameters": sum(p.numel() for p in program.model.parameters()),
        "examples": {"train": len(prepared.train), "val": len(prepared.val)},
    }


def _trace(program: ComposedProgram) -> list[dict[str, Any]]:
    """Trace the modules; a model that raises leaves no table, and R-01 says why."""
    try:
        return module_trace.measure(program)
    except Exception:
        return []


def _checks(
    program: ComposedProgram,
    compose: Callable[[], ComposedProgram],
    config: Config,
    baselines: dict[str, float],
) -> list[Check]:
    settings, seed = config.stage.default_model, config.seed
    warn, fail = settings.init_loss_warn, settings.init_loss_fail
    # Torch's layers draw their own default; an imported network may have drawn anything.
    init = cast("dict[str, Any]", config.model).get("init")
    claimed = init if init != "torch" else None
    steps = settings.probe_steps
    return [
        _unregularised(config),
        # The default model is trained from scratch: nothing in it may be frozen.
        learning_parameters.probe(program, frozen_allowed=False, seed=seed),
        optimizer_contents.probe(program),
        fresh_gradients.probe(program, seed=seed),
        modes.probe(program),
        repeatable_evaluation.probe(program, settings.invariance_max, seed),
        non_finite.probe(program, seed=seed),
        loss_contract.probe(program, seed=seed),
        initial_loss.probe(program, warn, fail, seed=seed),
        reduction.probe(program, seed),
        batch_size.probe(program, warn, fail, seed),
        input_baseline.probe(program, steps, seed=seed),
        dumb_baselines.probe(baselines),
        dependency.probe(program, seed=seed),
        repeatability.probe(program, compose(), min(steps, REPEATED_STEPS), seed),
        metric.probe(program.accuracy, program.task.classes, seed=seed, device=program.device),
        initial_weights.probe(program, claimed, settings.init_alpha, seed),
    ]


def _unregularised(config: Config) -> Check:
    penalties = {
        "weight decay": config.optimizer.weight_decay,
        "label smoothing": config.loss.label_smoothing,
    }
    on = [f"{name} {value:g}" for name, value in penalties.items() if value]
    return judge(
        "M-04",
        "no regularisation at first",
        len(on),
        "==",
        0,
        source="method M-04, S-05",
        evidence=", ".join(on) or "weight decay and label smoothing are 0",
        otherwise=Status.WARN,
    )
