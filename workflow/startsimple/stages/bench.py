"""What the training stages share: running units in the run's store, and their curves."""

from collections.abc import Sequence
from typing import Any

from startsimple.schema.errors import UserError
from startsimple.stages.stage import Inputs
from startsimple.training.curves import series
from startsimple.training.runs import Bench
from startsimple.training.units import Result, Store, Unit, run_units


def run_all(units: Sequence[Unit], bench: Bench, inputs: Inputs) -> list[Result]:
    """Run units side by side; what an earlier attempt or stage has finished is not run again.

    Args:
        units: The runs wanted.
        bench: Holds their data.
        inputs: Where the stage stands.

    Returns:
        The results, in the order of the units.
    """
    store = Store(inputs.root / "results" / inputs.run / "units")
    return run_units(units, bench, store, inputs.workers, inputs.progress)


def require(name: str, value: float, least: float) -> None:
    """Refuse a setting below its least value.

    Args:
        name: Its key in the config.
        value: As configured.
        least: Smallest value that makes sense.

    Raises:
        UserError: If the value is smaller.
    """
    if value < least:
        raise UserError(f"{name}={value} must be at least {least}.")


def series_file(
    units: Sequence[Unit], results: Sequence[Result], params: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the content of a stage's curves.json.

    Args:
        units: The runs.
        results: What they left behind.
        params: What tells each run apart from its neighbours.
    """
    told = list(params) or [{"seed": unit.recipe["seed"]} for unit in units]
    return {
        "series": [
            series(unit.name, result, own)
            for unit, result, own in zip(units, results, told, strict=True)
        ]
    }
