"""What the Snakefile needs to know of an experiment: its run, its slices, its fingerprints.

Parsed at every call of snakemake, so it imports neither torch nor any engine but Hydra.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from startsimple.audit.fingerprint import code_digest, environment_digest
from startsimple.audit.parents import held_against
from startsimple.data.pointer import pinned
from startsimple.data.store import state
from startsimple.schema.canonical import canonical, digest, file_digest, write_json
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.load import load_slice
from startsimple.schema.numerics import set_environment
from startsimple.schema.remember import composed
from startsimple.schema.searches import SearchConfig
from startsimple.schema.stages import LADDER, SECTIONS
from startsimple.schema.verdict import read_verdict

DEFAULT_EXPERIMENT = "mnist1d_cnn"
KEYS = ("experiment", "overrides", "label", "shards")

# If one of these fails, the diagnosis experiments on the program under test. Below them there is
# no program yet, and tuning only compares programs that these have passed.
DIAGNOSED = ("default_model", "overfit_batch", "benchmark", "gap")


class Plan:
    """One experiment, as the rules see it.

    Attributes:
        run: Name of the run; results/<run> holds all that it writes.
        config: The resolved config as plain containers.
        shards: Jobs that a round of tuning is spread over; no part of the config, since it
            changes no result.
    """

    def __init__(self, options: Mapping[str, Any], root: Path) -> None:
        """Compose the experiment that `snakemake --config` names.

        Args:
            options: Keys of --config: experiment, overrides (a list), label, shards.
            root: The working directory, which holds conf/, data/ and results/.

        Raises:
            UserError: If a key is unknown, the experiment cannot be composed, or its dataset
                has no pointer, or results/ cannot be written.
        """
        for key in options:
            if key not in KEYS:
                raise UserError(f"--config has no key '{key}'. {nearest(key, KEYS)}")
        overrides = options.get("overrides") or []
        if isinstance(overrides, str):
            overrides = [overrides]
        label = options.get("label")
        experiment = composed(
            root,
            str(options.get("experiment") or DEFAULT_EXPERIMENT),
            [str(item) for item in overrides],
            None if label is None else str(label),
        )
        self.root = root
        self.run = experiment.run
        self.config = experiment.config
        self.overrides = experiment.overrides
        self._typed: Config = load_slice(self.config)
        self.shards = _count(options.get("shards", 1))
        self.pointer()
        self._writable()

    @property
    def search(self) -> SearchConfig:
        """The search of the tuning stage."""
        return self._typed.search

    def _writable(self) -> None:
        results = self.root / "results"
        if results.exists() and not (results.is_dir() and os.access(results, os.W_OK)):
            raise UserError(
                f"The results folder {results} cannot be written: it has to be a folder in which "
                "you may write. Rename what is there, or give yourself permission."
            )

    def slice_of(self, stage: str) -> str:
        """Return what a stage may see of the config, as one canonical JSON string."""
        sections = {key: self.config[key] for key in SECTIONS[stage]}
        return canonical({**sections, "stage": {stage: self.config["stage"][stage]}})

    def digests_of(self, stage: str) -> str:
        """Return a stage's fingerprint as JSON: config slice, data, code closure, environment."""
        config = self.slice_of(stage)
        targets = _modules(config)
        # What a stage measures by does not change what is trained: runs are shared by stages.
        trained = _modules(canonical({key: self.config[key] for key in SECTIONS[stage]}))
        return canonical(
            {
                **self._held_against(stage),
                "config": digest(config),
                "data": self.data_state(),
                "code": code_digest([f"startsimple.stages.{stage}", *targets], self.root),
                "training": code_digest(["startsimple.training.runs", *trained], self.root),
                "env": environment_digest(self.root),
            }
        )

    def _held_against(self, stage: str) -> dict[str, str]:
        """Return the digest of what a round is held against: its parent's verdict of a stage."""
        parent = held_against(self.config, stage)
        if parent is None:
            return {}
        path = self.root / "results" / parent / stage / "verdict.json"
        return {"parent": file_digest(path) if path.exists() else "not climbed here"}

    def data_state(self) -> str:
        """Return the pointer's hash, with a note if the data on disk differ from it."""
        # A revision's data are compared with the working tree's, so that both decide.
        other = [] if self._typed.dataset.rev is None else [pinned(self._typed.dataset, self.root)]
        texts = [self.pointer().read_text(encoding="utf-8"), *(item.md5 for item in other)]
        pointer = digest(texts if other else texts[0])
        condition = state(self._typed.dataset, self.root)
        return pointer if condition == "as pinned" else f"{pointer}, {condition}"

    def pointer(self) -> Path:
        """Return the dataset's DVC pointer.

        Raises:
            UserError: If it does not exist.
        """
        path = self.root / self.config["dataset"]["pointer"]
        if not path.exists():
            known = [f"data/{item.name}" for item in sorted((self.root / "data").glob("*.dvc"))]
            raise UserError(
                f"The DVC pointer {self.config['dataset']['pointer']} does not exist. "
                f"{nearest(self.config['dataset']['pointer'], known)}"
            )
        return path

    def start(self) -> None:
        """Write results/<run>/config.json, and plan.json: what each stage is given.

        The stages read their slice from the plan and not from their command line, so that a
        failed command stays readable; the same strings are params of the rules, which is what
        decides what reruns.

        Raises:
            UserError: If the results folder cannot be written.
        """
        folder = self.root / "results" / self.run
        plan = {
            stage: {
                "config": json.loads(self.slice_of(stage)),
                "digests": json.loads(self.digests_of(stage)),
            }
            for stage in LADDER
        }
        resolved = {"config": self.config, "overrides": list(self.overrides)}
        try:
            write_json(folder / "config.json", resolved)
            write_json(folder / "plan.json", plan)
        except OSError as error:
            raise UserError(
                f"The results folder {folder} cannot be written ({error.strerror}): "
                "give yourself write permission or climb from a copy of the repository."
            ) from error

    def tracking(self) -> str:
        """Return the tracking section as canonical JSON."""
        return canonical(self.config["tracking"])

    def code_of(self, module: str) -> str:
        """Return the fingerprint of a module and all that it imports of this package."""
        return code_digest([module], self.root)

    def reached(self, checkpoints: Any) -> Callable[[Any], list[str]]:
        """Return an input function: the verdicts of the stages reached, up to the first block."""

        def verdicts(_: Any) -> list[str]:
            paths: list[str] = []
            for stage in LADDER:
                path = getattr(checkpoints, stage).get(run=self.run).output.verdict
                paths.append(str(path))
                if read_verdict(Path(path)).status.blocks:
                    break
            return paths

        return verdicts

    def diagnosis(self, checkpoints: Any) -> Callable[[Any], list[str]]:
        """Return an input function: the diagnosis of the stage that blocks, if one does."""
        reached = self.reached(checkpoints)

        def diagnosis(wildcards: Any) -> list[str]:
            last = Path(reached(wildcards)[-1])
            blocked = read_verdict(last).status.blocks
            diagnosable = last.parent.name in DIAGNOSED
            return [str(last.with_name("diagnosis.json"))] if blocked and diagnosable else []

        return diagnosis

    def after(self, checkpoints: Any, stage: str) -> Callable[[Any], str]:
        """Return an input function: the verdict that has to be there before a stage may start.

        Asking through the checkpoint gives early cutoff: an equal verdict reruns nothing below.
        """
        below = LADDER[LADDER.index(stage) - 1]

        def verdict(_: Any) -> str:
            return str(getattr(checkpoints, below).get(run=self.run).output.verdict)

        return verdict


def load_plan(options: Mapping[str, Any], root: Path) -> Plan:
    """Compose the experiment for the Snakefile; bad input ends in one sentence, exit status 1."""
    try:
        return Plan(options, root)
    except UserError as error:
        sys.exit(f"startsimple: {error}")


def start(plan: Plan) -> None:
    """Write the plan; an unwritable folder ends in one sentence, exit status 1."""
    try:
        plan.start()
    except UserError as error:
        sys.exit(f"startsimple: {error}")


def finish(plan: Plan) -> None:
    """Print the ladder, or the sentence of a stage that could not judge, and seal the run.

    The ledger's head is printed so that it lives where nobody who can rewrite the results can
    rewrite it: on a screen, in a log.
    """
    from startsimple.audit.seal import seal
    from startsimple.report.ladder import print_ladder

    print_ladder(plan.root, plan.run)
    try:
        sealed = seal(plan.root, plan.run)
    except UserError as error:
        print(f"not sealed: {error}", file=sys.stderr)
        return
    print(f"head     {sealed.hash}\n         line {sealed.count} of results/ledger.jsonl; keep it")


def prepare_environment() -> None:
    """Give the jobs this interpreter first on PATH, the portable numerics and no telemetry."""
    folder = str(Path(sys.executable).parent)
    if os.environ.get("PATH", "").split(os.pathsep)[0] != folder:
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])
    # Under a rule's own software environment the package is found here, not in site-packages.
    source = str(Path(__file__).parents[2])
    paths = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    if source not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([source, *paths])
    set_environment()


def _count(shards: Any) -> int:
    if not isinstance(shards, int) or shards < 1:
        raise UserError(f"--config shards={shards}: give a whole number of at least 1.")
    return shards


def _modules(text: str) -> list[str]:
    """Return the modules that a config names by import path."""
    found = re.findall(r'"_target_":"([^"]+)"', text)
    return sorted({target.rpartition(".")[0] for target in found})
