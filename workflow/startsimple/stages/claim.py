"""Opening the test split once, for the claim at the end of a climb."""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from startsimple.data.prepared import open_test
from startsimple.schema.canonical import digest, read_json, write_json
from startsimple.schema.config import Config
from startsimple.stages.stage import Inputs
from startsimple.training.evaluation import correct, predict
from startsimple.training.runs import Bench, compose, to_arrays
from startsimple.training.units import Result, Unit

CLAIM_FILE = "test.json"


@dataclass(frozen=True)
class TestScores:
    """Test accuracy of every claimed run.

    Attributes:
        models: Digest of the weights that were scored.
        accuracy: Accuracy by group ("winner", "incumbent"), one per seed.
        n: Examples in the test split.
        openings: How often this run has opened the test split for a claim, this time included.
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

    The same weights are never scored twice: their scores are read back, since a second look at
    the same number is no second opening.

    Args:
        config: For the dataset.
        bench: Holds the data that the runs were trained on.
        groups: Runs by name of their group.
        inputs: Where the stage stands.

    Returns:
        The scores.
    """
    path = inputs.folder / CLAIM_FILE
    models = digest({name: [unit.key for unit, _ in pairs] for name, pairs in groups.items()})
    if path.exists():
        stored: dict[str, Any] = read_json(path)
        if stored["models"] == models:
            return TestScores(**stored)
    test = open_test(inputs.root / "data" / config.dataset.name, inputs.artefact)
    inputs.record("test_opened", {"purpose": "claim", "reason": "final claim", "models": models})
    accuracy = {
        name: [_score(unit, result, bench, test) for unit, result in pairs]
        for name, pairs in groups.items()
    }
    scores = TestScores(models, accuracy, len(test), max(1, inputs.openings()))
    write_json(path, asdict(scores))
    return scores


def _score(unit: Unit, result: Result, bench: Bench, test: Any) -> float:
    if result.figures["diverged"]:
        return 0.0
    program, device = compose(unit.recipe, bench.sets[unit.recipe["data"]])
    weights: dict[str, torch.Tensor] = {
        name.removeprefix("model."): value
        for name, value in result.tensors.items()
        if name.startswith("model.")
    }
    program.model.load_state_dict(weights)
    arrays = to_arrays(test, device)
    return float(correct(predict(program.model, arrays.x), arrays.y).mean())
