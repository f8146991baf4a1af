"""Running a recorded run again elsewhere, and the tier of reproducibility that it reaches.

T0: the files are those recorded. T1: run again on the same kind of host under the same numerics,
every tensor and verdict has the same bits. T2: the same bits on another processor, under the
portable profile. T3: other bits, the same answers, and scores within the spread of at least three
seeds. Anything else reaches no tier.
"""

import math
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.compare import Difference, compare_stage
from startsimple.audit.elsewhere import check_out, renaming, run_stage
from startsimple.audit.lineage import borrowed
from startsimple.audit.parents import records_of
from startsimple.audit.verifier import Answer, Trail, answered, check_files, file_sha256
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Status

_FEWEST_SEEDS = 3
_SPREADS = 3.0
# Lists in a verdict's numbers that hold one score a seed.
_SCORES = ("scores", "winner", "incumbent")
_HOST_CLASS = ("machine", "cpu", "cpu_flags")


@dataclass
class Rerun:
    """What running a run again showed.

    Attributes:
        tiers: Tier by stage; "none" where a stage reaches none.
        differences: By stage, earliest first.
        notes: What else a reader should know.
        unchanged: True if the run's files are those of its manifest (T0).
    """

    tiers: dict[str, str] = field(default_factory=dict[str, str])
    differences: dict[str, list[Difference]] = field(default_factory=dict[str, list[Difference]])
    notes: list[str] = field(default_factory=list[str])
    unchanged: bool = False

    @property
    def tier(self) -> str:
        """The worst tier of any stage."""
        order = ("T1", "T2", "T3", "none")
        return max(self.tiers.values(), key=order.index, default="none")

    @property
    def first(self) -> Difference | None:
        """The first difference in the ladder's order."""
        return next((found[0] for found in self.differences.values() if found), None)


def reproduce(
    trail: Trail,
    stage: str | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[str], None] = print,
) -> Rerun:
    """Run a run's stages again in a fresh folder, and compare bit for bit.

    Args:
        trail: The run.
        stage: The only stage to run, on the recorded results of those below; None runs all.
        workers: Processes side by side; never changes a result.
        progress: Told of every stage.

    Returns:
        Tier and differences of each stage.

    Raises:
        UserError: If the stage has no finished attempt, the code cannot be restored, or a stage
            cannot run there.
    """
    records = trail.newest()
    stages = [name for name in _standing(trail) if name in records and stage in (None, name)]
    if not stages:
        raise UserError(f"Run '{trail.name}' has no finished attempt at {stage or 'any stage'}.")
    rerun = Rerun(unchanged=not answered(2, "files", check_files, trail).findings)
    renamed = renaming()
    if not renamed:
        rerun.notes.append("the host name is the same: this user may not change it")
    with tempfile.TemporaryDirectory(prefix="startsimple-") as scratch:
        folder = Path(scratch)
        source = check_out(trail.root, trail.run, records[stages[-1]], folder)
        progress(f"code     {source}")
        _prepare(trail, folder, stage)
        for name in stages:
            rerun.notes += _lend(trail, folder, records[name])
            done = run_stage(folder, trail.name, name, workers or os.cpu_count() or 1, renamed)
            if done.returncode:
                raise UserError(f"{name} cannot run again: {done.stderr.strip()[-500:]}")
            _judge(trail, folder, name, records[name], rerun)
            progress(f"{name:<14}{rerun.tiers[name]}")
    return rerun


def _standing(trail: Trail) -> list[str]:
    """Return the stages of the last climb, in order: up to the one that blocks."""
    for index, name in enumerate(LADDER):
        if Status(trail.verdict(name).get("status", "fail")).blocks:
            return list(LADDER[: index + 1])
    return list(LADDER)


def _prepare(trail: Trail, folder: Path, stage: str | None) -> None:
    """Give the fresh folder the plan and, for one stage alone, what the stages below wrote."""
    target = folder / "results" / trail.name
    target.mkdir(parents=True)
    for name in ("config.json", "plan.json"):
        shutil.copy(trail.run / name, target / name)
    if stage is not None:
        for below in LADDER[: LADDER.index(stage)]:
            if (trail.run / below).is_dir():
                shutil.copytree(trail.run / below, target / below)
        dataset = read_json(target / "config.json")["config"]["dataset"]["name"]
        if (trail.root / "data" / dataset).is_dir():
            shutil.copytree(trail.root / "data" / dataset, folder / "data" / dataset)
    # How often test was opened for a claim before the recorded attempt is part of its input.
    starts = [e["seq"] for e in trail.events if (e["event"], e.get("stage")) == ("start", "tune")]
    for entry in trail.events:
        claimed = entry["event"] == "test_opened" and entry.get("purpose") == "claim"
        if claimed and starts and entry["seq"] < starts[-1]:
            kept = {k: v for k, v in entry.items() if k not in ("seq", "time", "prev", "hash")}
            ledger.append(folder, kept)


def _lend(trail: Trail, folder: Path, record: dict[str, Any]) -> list[str]:
    """Copy what a round's stage read of its parent's run; note what is not here as it was read."""
    lacking: list[str] = []
    for item in borrowed(record):
        source, target = trail.root / item["path"], folder / item["path"]
        if not source.is_file() or file_sha256(source) != item["sha256"]:
            lacking.append(f"{record['stage']} read {item['path']}, which is not here like that")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return lacking


def _judge(trail: Trail, folder: Path, stage: str, recorded: dict[str, Any], rerun: Rerun) -> None:
    _, again = records_of(folder, trail.name, stage)[-1]
    prefix = f"results/{trail.name}/"
    paths = [item["path"] for item in again["outputs"] if item["path"].startswith(prefix)]
    written = [path.removeprefix(prefix) for path in paths]
    target = folder / "results" / trail.name
    found = compare_stage(trail.run, target, stage, written)
    rerun.differences[stage] = found
    numerics, host = _changes(recorded, again)
    if again["code"]["files"] != recorded["code"]["files"]:
        rerun.notes.append(f"{stage}: the source is not byte for byte that of the record")
    if found:
        same = _within_spread(trail.verdict(stage), read_json(target / stage / "verdict.json"))
        rerun.tiers[stage] = "T3" if same else "none"
    elif numerics:
        rerun.notes.append(f"{stage}: equal bits under other numerics ({', '.join(numerics)})")
        rerun.tiers[stage] = "T3"
    else:
        rerun.tiers[stage] = "T2" if host else "T1"


def _changes(recorded: dict[str, Any], again: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return what differs in the numerics block, and in the kind of host."""
    numerics: list[str] = []
    for name in sorted({*recorded["numerics"], *again["numerics"]}):
        old, new = recorded["numerics"].get(name), again["numerics"].get(name)
        if name == "environment":
            # Varied on purpose, and no numeric setting.
            old, new = (
                {k: v for k, v in (part or {}).items() if k != "PYTHONHASHSEED"}
                for part in (old, new)
            )
        if old != new:
            numerics.append(name)
    host = [key for key in _HOST_CLASS if recorded["host"].get(key) != again["host"].get(key)]
    return numerics, host


def _within_spread(recorded: dict[str, Any], again: dict[str, Any]) -> bool:
    """Return whether the answers are equal and the scores as near as other seeds' would be."""
    answers = [{c["id"]: c["status"] for c in verdict["checks"]} for verdict in (recorded, again)]
    old, new = _scores(recorded["numbers"]), _scores(again["numbers"])
    if answers[0] != answers[1] or not old or set(old) != set(new):
        return False
    for name, values in old.items():
        mean, other = statistics.mean(values), statistics.mean(new[name])
        error = statistics.stdev(values) * math.sqrt(2 / len(values))
        if abs(mean - other) > _SPREADS * error:
            return False
    return True


def _scores(numbers: Any, path: str = "") -> dict[str, list[float]]:
    """Return every list of at least three seeds' scores in a verdict's numbers."""
    found: dict[str, list[float]] = {}
    if isinstance(numbers, dict):
        for key, value in numbers.items():
            found |= _scores(value, f"{path}.{key}")
    elif path.rsplit(".", 1)[-1] in _SCORES and len(numbers) >= _FEWEST_SEEDS:
        found[path] = [float(value) for value in numbers]
    return found


def check_rerun(trail: Trail, answer: Answer, stage: str) -> None:
    """10: the stage, run again elsewhere, gives the recorded bits."""
    rerun = reproduce(trail, stage, progress=lambda line: None)
    answer.findings += [str(difference) for difference in rerun.differences[stage]]
    answer.told = f"{stage} reaches {rerun.tier}" + "".join(f"; {note}" for note in rerun.notes)
