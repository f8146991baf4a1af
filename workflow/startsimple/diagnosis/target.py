"""What a diagnosis is asked about: a script, or a module with data; observed and diagnosed here."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.diagnosis.result import Diagnosis
from startsimple.program.clock import worked
from startsimple.schema.errors import UserError

OBSERVED_SHARE = 0.4
UNLOADABLE = ("ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError")


@dataclass(frozen=True)
class Target:
    """A program by name.

    Attributes:
        script: Path of a script, or "".
        argv: The script's arguments.
        module: "FILE.py:Class" or "package.module:Class", or "".
        data: Same, for the data; "" if the module has its own loaders.
        module_args: Keyword arguments of the module.
        data_args: Keyword arguments of the data.
    """

    script: str = ""
    argv: tuple[str, ...] = ()
    module: str = ""
    data: str = ""
    module_args: dict[str, Any] = field(default_factory=dict)
    data_args: dict[str, Any] = field(default_factory=dict)


def diagnose_target(target: Target, budget: float) -> Diagnosis:
    """Run a program under observation and diagnose it, in this process.

    Args:
        target: The program.
        budget: Seconds for everything.

    Returns:
        The diagnosis.

    Raises:
        UserError: If the program cannot be found, imported or built.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import warnings

    import torch

    from startsimple.diagnosis.engine import diagnose

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    start, began = time.monotonic(), worked()
    if target.script:
        program, trace = _observe_script(target, OBSERVED_SHARE * budget)
    else:
        program, trace = _observe(target, OBSERVED_SHARE * budget)
    spent = worked() - began
    result = diagnose(program, trace, budget - spent)
    return _timed(result, time.monotonic() - start)


def _observe_script(target: Target, seconds: float) -> Any:
    from startsimple.program.repeats import script_repeats
    from startsimple.program.script import observe_script

    start, path = worked(), Path(target.script)
    program, trace = observe_script(path, target.argv, seconds)
    if trace.error.startswith(UNLOADABLE) and not trace.losses:
        raise UserError(f"{path.name} cannot be loaded: {trace.error}")
    if trace.facts["unseeded"] and not trace.error and worked() - start < seconds:
        trace.facts["repeats_seeded"] = script_repeats(path, target.argv)
    return program, trace


def _observe(target: Target, seconds: float) -> Any:
    from startsimple.program.fit import observe_module
    from startsimple.program.loading import build
    from startsimple.program.modules import draw
    from startsimple.program.repeats import runs_repeat, sources_seeded

    def make() -> tuple[Any, Any]:
        module = build(target.module, target.module_args)
        return module, build(target.data, target.data_args) if target.data else module

    start = worked()
    draw([], 0)
    module, data = make()
    program, trace = observe_module(module, data, seconds)
    if program is not None and not trace.error and worked() - start < seconds:
        try:
            trace.facts["repeats"] = runs_repeat(make)
            if not trace.facts["repeats"]:
                with sources_seeded():
                    trace.facts["repeats_seeded"] = runs_repeat(make)
        except Exception as error:
            trace.notes.append(f"the program could not be built twice: {error}")
    return program, trace


def _timed(result: Diagnosis, seconds: float) -> Diagnosis:
    from dataclasses import replace

    return replace(result, seconds=seconds)
