"""Opening the test split once, for the claim at the end of a climb."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from startsimple.data.pack import Split
from startsimple.data.pointer import folder_of
from startsimple.data.prepared import open_test
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.stages.stage import Inputs
from startsimple.training.error_sets import Errors
from startsimple.training.evaluation import correct
from startsimple.training.outputs import outputs
from startsimple.training.runs import Bench
from startsimple.training.units import Result, Unit

CLAIM_FILE = "test.json"


@dataclass(frozen=True)
class TestScores:
    """Test accuracy of every claimed run.

    Attributes:
        models: Digest of the weights that were scored.
        accuracy: Accuracy by group ("winner", "incumbent"), one per seed.
        n: Examples in the test split.
        openings: Different sets of models that this run has ever scored on test for a claim.
        errors: Error of every run on every test example by group, shape (runs, n); not written.
    """

    __test__ = False

    models: str
    accuracy: dict[str, list[float]]
    n: int
    openings: int
    errors: dict[str, Errors] = field(default_factory=dict[str, Errors], compare=False)

    def plain(self) -> dict[str, Any]:
        """Return the scores as they are written."""
        return {key: value for key, value in vars(self).items() if key != "errors"}


def open_test_once(
    config: Config, bench: Bench, groups: dict[str, list[tuple[Unit, Result]]], inputs: Inputs
) -> TestScores:
    """Score finished runs on the test split and record that it was opened.

    The same weights are never counted twice: a second look at the same models, after a rerun
    that repeated them bit for bit, tells nothing new.

    Args:
        config: For the dataset and the budget.
        bench: Holds the data that the runs were trained on.
        groups: Runs by name of their group.
        inputs: Where the stage stands.

    Returns:
        The scores; none if these models are new and the budget of openings is spent.
    """
    models = _fingerprint([result for pairs in groups.values() for _, result in pairs])
    known = inputs.claimed()
    if models not in known:
        if len(known) >= config.stage.tune.test_openings_max:
            # A budget that is only reported after the look is none: test stays closed.
            return TestScores(models, {}, 0, len(known) + 1)
        detail = {"purpose": "claim", "reason": "final claim", "models": models}
        inputs.record("test_opened", detail)
    test = open_test(folder_of(config.dataset, inputs.root), inputs.artefact)
    errors = {
        name: np.stack([1 - _right(unit, result, bench, test) for unit, result in pairs])
        for name, pairs in groups.items()
    }
    accuracy = {name: [float(1 - row.mean()) for row in rows] for name, rows in errors.items()}
    scores = TestScores(models, accuracy, len(test), len(known | {models}), errors)
    write_json(inputs.folder / CLAIM_FILE, scores.plain())
    return scores


def _fingerprint(results: list[Result]) -> str:
    """Digest the final weights of runs, by name, shape and bytes."""
    sha = hashlib.sha256()
    for result in results:
        for name in sorted(result.tensors):
            if name.startswith("model."):
                tensor = result.tensors[name]
                sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
                sha.update(tensor.contiguous().numpy().tobytes())
    return sha.hexdigest()


def _right(unit: Unit, result: Result, bench: Bench, test: Split) -> Errors:
    """Return how right a run is on each test example, shape (n,); not at all if it diverged."""
    if result.figures["diverged"]:
        return np.zeros(len(test))
    told = torch.from_numpy(outputs(unit, result, bench, test))
    return correct(told, torch.from_numpy(test.y)).double().numpy()
