"""The next round as an experiment file, ready to climb."""

from typing import Any

from startsimple.schema.canonical import write_bytes
from startsimple.stages.stage import Inputs
from startsimple.training.search import Point


def write_next_round(point: Point, numbers: dict[str, Any], inputs: Inputs) -> None:
    """Write the tuned configuration as an experiment with this run as its parent.

    Args:
        point: The winner.
        numbers: The verdict's numbers, for the hypothesis.
        inputs: Where the stage stands; the file goes to its folder.
    """
    gain = numbers["gain"]
    values = ", ".join(f"{key}: {value:g}" for key, value in sorted(point.values.items()))
    text = f"""# @package _global_
# Hypothesis: tuned, {inputs.experiment} gains {gain["value"]:+.3f} validation score
# [{gain["low"]:+.3f}, {gain["high"]:+.3f}]. Copy to conf/experiment/ and climb it.
defaults:
  - {inputs.experiment}
  - override /schedule: {point.schedule}
parent: {inputs.run}
change: learning rate and schedule
optimizer: {{{values}}}
"""
    write_bytes(inputs.folder / f"{inputs.experiment}_r1.yaml", text.encode())
