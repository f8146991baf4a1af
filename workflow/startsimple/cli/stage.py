"""Runs one stage for its rule: numerics first, then the stage, its verdict and its record."""

import argparse
import importlib
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.numerics import set_environment
from startsimple.schema.verdict import Verdict


def main(stage: str, argv: list[str] | None = None) -> int:
    """Run a stage and write its verdict.

    Args:
        stage: Name of a module of `startsimple.stages`.
        argv: Command line; see `_parse`.

    Returns:
        0 if the stage could judge, whatever it judged; 1 if it could not.
    """
    arguments = _parse(argv)
    given = read_json(arguments.root / "results" / arguments.run / "plan.json")[stage]
    numerics = given["config"].get("numerics") or {}
    threads, portable = int(numerics.get("threads", 1)), bool(numerics.get("portable", True))
    set_environment(threads, portable=portable)
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    with arguments.log.open("w", encoding="utf-8") as log:
        say = partial(_say, log, stage)
        try:
            verdict = _run(stage, arguments, given, say)
            decider = verdict.decider()
            told = decider.evidence or decider.title if decider else verdict.next
            say(f"{verdict.status}: {told}")
        except UserError as error:
            arguments.log.with_name("error.txt").write_text(f"{error}\n", encoding="utf-8")
            say(str(error))
            return 1
        except Exception:
            log.write(traceback.format_exc())
            log.flush()
            raise
    arguments.log.with_name("error.txt").unlink(missing_ok=True)
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--workers", type=int, default=1, help="processes side by side")
    parser.add_argument("--log", type=Path, required=True, help="log file")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    return parser.parse_args(argv)


def _run(
    stage: str, arguments: argparse.Namespace, given: dict[str, Any], say: Callable[[str], None]
) -> Verdict:
    from startsimple.audit.attempt import attempt
    from startsimple.audit.ledger import append, events
    from startsimple.stages.stage import Inputs

    root: Path = arguments.root
    inputs = Inputs(
        run=arguments.run,
        stage=stage,
        root=root,
        digests=given["digests"],
        workers=arguments.workers,
        record=lambda event, detail: append(
            root, {"run": arguments.run, "stage": stage, "event": event, **detail}
        ),
        claimed=lambda: {
            entry["models"]
            for entry in events(root, arguments.run)
            if entry["event"] == "test_opened" and entry.get("purpose") == "claim"
        },
        progress=say,
    )
    inputs.folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = given["config"]
    with attempt(root, arguments.run, stage, config=config, digests=inputs.digests) as record:
        module = importlib.import_module(f"startsimple.stages.{stage}")
        settings = load_slice(config)
        if "numerics" in config:
            from startsimple.training.device import make_deterministic

            # Workers set this for themselves; the record reads the flags of this process.
            make_deterministic(settings.numerics)
        verdict: Verdict = module.run(settings, inputs)
        verdict.write(inputs.folder / "verdict.json")
        record.conclude(verdict)
    return verdict


def _say(log: Any, stage: str, line: str) -> None:
    log.write(f"{line}\n")
    log.flush()
    print(f"{stage}: {line}", file=sys.stderr, flush=True)
