"""The errors of a run's model, kept example by example for the rounds that come after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from startsimple.schema.canonical import file_digest, write_bytes
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import read_verdict
from startsimple.stages.gap_analysis import Answers
from startsimple.training.error_sets import Errors

ERRORS_FILE = "errors.safetensors"


@dataclass(frozen=True)
class StoredErrors:
    """What a run's model did on one set.

    Attributes:
        ids: Key of each example, shape (n,).
        errors: Errors by run and example, shape (runs, n).
        predictions: Answers by run and example, shape (runs, n).
    """

    ids: NDArray[np.int64]
    errors: Errors
    predictions: NDArray[np.generic]

    def same_examples(self, other: "StoredErrors") -> bool:
        """True if both were measured on the same examples in the same order."""
        return np.array_equal(self.ids, other.ids)


def write_errors(folder: Path, answers: Mapping[str, Answers]) -> None:
    """Write the answers of every set as one packed file below a stage's folder."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, one in answers.items():
        arrays[f"ids.{name}"] = one.split.x_id.astype(np.int64)
        arrays[f"errors.{name}"] = one.errors.astype(np.float32)
        arrays[f"predictions.{name}"] = np.ascontiguousarray(one.predictions)
    write_bytes(folder / ERRORS_FILE, save(arrays))


def read_errors(root: Path, run: str) -> dict[str, StoredErrors] | None:
    """Return what a run's gap stage kept, by set; None if that stage has not been climbed.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.

    Raises:
        UserError: If the file is not what the stage wrote.
    """
    folder = root / "results" / run / "gap"
    path, verdict = folder / ERRORS_FILE, folder / "verdict.json"
    if not (path.exists() and verdict.exists()):
        return None
    if read_verdict(verdict).outputs.get(ERRORS_FILE) != file_digest(path):
        raise UserError(
            f"{path} is not what stage 'gap' wrote: remove {verdict} and climb '{run}' again."
        )
    arrays = load(path.read_bytes())
    return {
        key.removeprefix("ids."): StoredErrors(
            arrays[key],
            arrays[key.replace("ids", "errors", 1)].astype(np.float64),
            arrays[key.replace("ids", "predictions", 1)],
        )
        for key in sorted(arrays)
        if key.startswith("ids.")
    }
