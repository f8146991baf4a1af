"""What every stage receives, and how it concludes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import file_digest
from startsimple.schema.errors import UserError
from startsimple.schema.stages import StageConfig
from startsimple.schema.verdict import Check, Suspect, Symptom, Verdict, read_verdict, worst


def _silent(event: str, detail: dict[str, Any]) -> None:
    """Record nothing: the default outside of a climb."""


def _unopened() -> set[str]:
    """Know of no opening: the default outside of a climb."""
    return set()


def _quiet(line: str) -> None:
    """Show nothing: the default outside of a climb."""


@dataclass(frozen=True)
class Inputs:
    """Where a stage stands: its run, its folder, its parents, its share of the machine.

    Attributes:
        run: Name of the run.
        stage: Name of the stage.
        root: The repository, which holds conf/, data/ and results/.
        digests: Digests of config, data, code and env, for the verdict.
        workers: Processes that may run side by side; never changes a result.
        record: Appends an event to the ledger, such as the opening of the test split.
        claimed: Digests of the models that this run has scored on the test split for a claim.
        progress: Shows one line to the person who waits.
    """

    run: str
    stage: str
    root: Path
    digests: dict[str, str] = field(default_factory=dict)
    workers: int = 1
    record: Callable[[str, dict[str, Any]], object] = _silent
    claimed: Callable[[], set[str]] = _unopened
    progress: Callable[[str], None] = _quiet

    @property
    def experiment(self) -> str:
        """Name of the experiment, without the label of a variant."""
        return self.run.split("~")[0]

    @property
    def folder(self) -> Path:
        """Folder of this stage's artefacts."""
        return self.root / "results" / self.run / self.stage

    def context(self) -> dict[str, str]:
        """Return the digests that a training run depends on besides its data and config."""
        return {key: self.digests.get(key, "") for key in ("training", "env")}

    def parent(self, stage: str) -> Verdict:
        """Return the verdict of an earlier stage.

        Raises:
            UserError: If that stage has not been judged.
        """
        path = self.root / "results" / self.run / stage / "verdict.json"
        if not path.exists():
            raise UserError(
                f"Stage '{stage}' of run '{self.run}' has no verdict yet: climb it first."
            )
        return read_verdict(path)

    def artefact(self, stage: str, name: str) -> Path:
        """Return the path of an earlier stage's artefact, once its bytes are known to be its own.

        Args:
            stage: The stage that wrote it.
            name: File name below that stage's folder.

        Raises:
            UserError: If the file is missing or differs from what its stage wrote.
        """
        path = self.root / "results" / self.run / stage / name
        expected = self.parent(stage).outputs.get(name)
        if not path.exists():
            raise UserError(
                f"{path} is missing: remove {path.parent}/verdict.json and climb again."
            )
        if file_digest(path) != expected:
            raise UserError(
                f"{path} is not what stage '{stage}' wrote: remove {path.parent}/verdict.json "
                "and climb again."
            )
        return path


def conclude(
    inputs: Inputs,
    settings: StageConfig,
    checks: Sequence[Check],
    *,
    deciding: str,
    on_pass: str,
    on_fail: str,
    symptom: Symptom | None = None,
    suspects: Sequence[Suspect] = (),
    artefacts: Sequence[str] = (),
    numbers: dict[str, Any] | None = None,
) -> Verdict:
    """Turn a stage's checks into its verdict: waivers applied, digests filled in.

    Args:
        inputs: What the stage received.
        settings: The stage's thresholds, with its waivers.
        checks: All checks that were made.
        deciding: Id of the check that the ladder shows when the stage does not block.
        on_pass: The next action if the ladder goes on.
        on_fail: The next action if it stops.
        symptom: How a curve misbehaves.
        suspects: Ranked suspects; kept only if the stage blocks.
        artefacts: Names of files in the stage's folder that later stages read.
        numbers: Figures for later stages and the report.

    Returns:
        The verdict.

    Raises:
        UserError: If a waiver names a check that the stage does not make.
    """
    made = {check.id for check in checks}
    for waived in settings.waive:
        if waived not in made:
            raise UserError(
                f"stage.{inputs.stage}.waive names '{waived}', which this stage does not check. "
                f"It checks: {', '.join(sorted(made))}."
            )
    judged = [
        check.waived(settings.waive[check.id]) if check.id in settings.waive else check
        for check in checks
    ]
    status = worst(judged)
    return Verdict(
        run=inputs.run,
        stage=inputs.stage,
        status=status,
        checks=judged,
        next=on_fail if status.blocks else on_pass,
        deciding=deciding,
        symptom=symptom,
        suspects=list(suspects) if status.blocks else [],
        inputs=dict(inputs.digests),
        outputs={name: file_digest(inputs.folder / name) for name in sorted(artefacts)},
        numbers=numbers or {},
    )
