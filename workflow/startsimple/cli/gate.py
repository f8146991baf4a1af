"""The diagnosis of a failed gate: the engine's experiments on the composed program."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from startsimple.diagnosis.faults import FAULTS
from startsimple.report.climb import merged, suspect_of
from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.numerics import set_environment
from startsimple.schema.verdict import Suspect

# Seconds for observation and experiments together; a climb that is blocked can wait so long.
BUDGET = 45.0
OBSERVED_SHARE = 0.4
SUSPECTS = 3

# These stages work on the simplified problem, so their failures are looked for there.
SIMPLIFIED = ("default_model", "overfit_batch")


def main(argv: list[str] | None = None) -> int:
    """Diagnose the program of a run at the stage that blocks.

    Args:
        argv: The command line: --run, --stage, --log, --root.

    Returns:
        0 if a diagnosis was written, 1 with one sentence if none could be made.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--stage", required=True, help="the stage that failed")
    parser.add_argument("--log", type=Path, required=True, help="log file")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    arguments = parser.parse_args(argv)
    set_environment()
    print(f"diagnose: experimenting on the program of {arguments.stage}", file=sys.stderr)
    try:
        document = diagnose_gate(arguments.root, arguments.run, arguments.stage)
    except UserError as error:
        print(f"diagnose: {error}", file=sys.stderr)
        return 1
    folder = arguments.root / "results" / arguments.run / arguments.stage
    write_json(folder / "diagnosis.json", document)
    named = ", ".join(item["fault"] for item in document["suspects"]) or "none"
    line = f"diagnose: {document['verdict']}; suspects: {named}"
    arguments.log.write_text(f"{line}\n", encoding="utf-8")
    print(line, file=sys.stderr)
    return 0


def diagnose_gate(root: Path, run: str, stage: str) -> dict[str, Any]:
    """Observe the run's program while it trains, and experiment on copies of it.

    Args:
        root: The repository.
        run: Name of the run.
        stage: The stage that failed.

    Returns:
        The diagnosis as a JSON document, without its wall time: equal runs give equal bytes
        wherever the budget suffices.

    Raises:
        UserError: If the run's data or config are not there.
    """
    from startsimple.data.pointer import folder_of
    from startsimple.data.prepared import load_prepared, load_simplified
    from startsimple.diagnosis.engine import diagnose
    from startsimple.program.composed import ComposedProgram
    from startsimple.program.fit import observe_module
    from startsimple.stages.stage import Inputs
    from startsimple.training.device import make_deterministic

    config = load_slice(read_json(root / "results" / run / "config.json")["config"])
    make_deterministic(config.numerics)
    inputs = Inputs(run, stage, root)
    load = load_simplified if stage in SIMPLIFIED else load_prepared
    prepared = load(folder_of(config.dataset, root), inputs.artefact)
    composed = ComposedProgram.from_config(config, prepared, config.seed)
    program, trace = observe_module(composed.module, composed.data, OBSERVED_SHARE * BUDGET)
    document = diagnose(program, trace, BUDGET * (1 - OBSERVED_SHARE)).to_json()
    for item in document["suspects"]:
        # A composed program has no line of its own: the one that calls it is this command's.
        if item["where"].startswith(str(Path(sys.argv[0]).resolve())):
            item["where"] = ""
    suspects = merge(document["suspects"], inputs.parent(stage).suspects)
    kept = {key: value for key, value in document.items() if key != "seconds"}
    return {**kept, "suspects": suspects}


def merge(found: list[dict[str, Any]], accused: Sequence[Suspect]) -> list[dict[str, Any]]:
    """Join the engine's suspects with those that the gate's own checks accuse.

    Args:
        found: Suspects of the diagnosis.
        accused: Suspects of the gate's verdict; their evidence is a failed check.

    Returns:
        At most three, in the order in which the report shows them.
    """
    tested = {item["fault"]: item for item in found}
    untested = {"fix_verified": "not tried"}
    ranked = merged(accused, [suspect_of(item) for item in found])
    return [
        tested.get(s.fault) or {**asdict(s), "name": FAULTS[s.fault].name, **untested}
        for s in ranked[:SUSPECTS]
    ]
