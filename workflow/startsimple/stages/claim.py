"""Opening the test split once, for the claim at the end of a climb."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import torch

from startsimple.data.pointer import folder_of
from startsimple.data.prepared import open_test
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.stages.stage import Inputs
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
    """

    __test__ = False

    models: str
    accuracy: dict[str, list[float]]
    n: int
    openings: int


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
    accuracy = {
        name: [_score(unit, result, bench, test) for unit, result in pairs]
        for name, pairs in groups.items()
    }
    scores = TestScores(models, accuracy, len(test), len(known | {models}))
    write_json(inputs.folder / CLAIM_FILE, asdict(scores))
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


def _score(unit: Unit, result: Result, bench: Bench, test: Any) -> float:
    if result.figures["diverged"]:
        return 0.0
    logits = torch.from_numpy(outputs(unit, result, bench, test))
    return float(correct(logits, torch.from_numpy(test.y)).mean())
