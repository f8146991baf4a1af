"""The protocol's network against a reference network, layer by layer (B-07)."""

from typing import Any, cast

import torch

from startsimple.data.pack import Split
from startsimple.probes import first_divergence
from startsimple.program.models.build import build
from startsimple.program.seeded import seeded
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError
from startsimple.schema.seeds import derive
from startsimple.schema.targets import import_target
from startsimple.schema.verdict import Check

_BATCH = 32


def check_layers(config: Config, train: Split) -> list[Check]:
    """Compare the protocol's network with `benchmark.reference`, if one is named.

    Args:
        config: For the benchmark and the seed of the reference's weights.
        train: What the protocol trains on; its first rows are the batch.

    Raises:
        UserError: If the reference cannot be built.
    """
    reference = config.benchmark.reference
    if not reference.target:
        return []
    model = build(
        cast("dict[str, Any]", config.benchmark.protocol.model),
        train.x.shape[1:],
        config.dataset.classes,
        input=config.dataset.input,
        seed=derive(config.seed, "weights"),
    )
    maker = import_target(reference.target)
    with seeded(derive(config.seed, "reference")):
        try:
            other = maker(**reference.args)
        except TypeError as error:
            raise UserError(f"benchmark.reference refuses its arguments: {error}.") from error
    return [first_divergence.probe(model, other, torch.from_numpy(train.x[:_BATCH]))]
