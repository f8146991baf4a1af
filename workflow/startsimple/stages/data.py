"""Stage `data`: the data are what the pointer says and keep the contract."""

from dataclasses import asdict

from startsimple.data.contract import Contract, contract, differing
from startsimple.data.prepared import (
    DIGESTS_FILE,
    FAULTS,
    INDEX_FILE,
    STATISTICS_FILE,
    Prepared,
    write_index,
    write_statistics,
)
from startsimple.data.proof import DataDifferError
from startsimple.data.store import materialise
from startsimple.data.versions import history
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.schema.verdict import Verdict
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import accused_by

FIGURES_FILE = "figures.json"

# What each broken clause of the contract points at.
ACCUSED = {
    "D-01": ("D08", 0.9),
    "D-02": ("D08", 0.95),
    "D-05": ("D09", 0.95),
    "D-06": ("D06", 0.9),
    "D-07": ("D05", 0.95),
    "D-08": ("D04", 0.95),
    "D-10": ("D09", 0.9),
    "D-11": ("D09", 0.9),
    "D-13": ("D09", 0.9),
    "D-15": ("D02", 0.9),
    "D-16": ("D12", 0.8),
    "D-17": ("D12", 0.8),
}


def run(config: Config, inputs: Inputs) -> Verdict:
    """Materialise the dataset, hold it against the contract, store split and statistics.

    Args:
        config: Needs `dataset` and `stage.data`.
        inputs: Where the stage stands.

    Returns:
        The verdict; data that differ from their pointer fail D-03 and skip the rest.

    Raises:
        UserError: If the pointer is missing, the source cannot be imported, or the data folder
            cannot be written.
    """
    settings = config.stage.data
    inputs.progress(f"materialising {config.dataset.name}")
    try:
        data = materialise(config.dataset, inputs.root)
        inputs.progress(f"data from {data.origin}; checking the contract")
        found = contract(data, config.dataset, settings, history(config.dataset, inputs.root))
    except DataDifferError as error:
        found = differing(str(error), error.md5, error.expected)
    artefacts = _store(found, found.prepared, config, inputs) if found.prepared else []
    return conclude(
        inputs,
        settings,
        found.checks,
        deciding="D-02",
        on_pass="Climb to 'simplify'.",
        on_fail=_remedy(found),
        suspects=accused_by(found.checks, ACCUSED),
        artefacts=artefacts,
        numbers=found.numbers,
    )


def _store(found: Contract, prepared: Prepared, config: Config, inputs: Inputs) -> list[str]:
    """Write what later stages and the report read; return the file names."""
    write_index(inputs.folder / INDEX_FILE, prepared.index)
    write_statistics(inputs.folder / STATISTICS_FILE, prepared.statistics)
    write_json(inputs.folder / FIGURES_FILE, found.figures)
    planted = {name: asdict(fault) for name, fault in config.dataset.fault.items()}
    digests = found.numbers["sha256"] | ({FAULTS: planted} if planted else {})
    write_json(inputs.folder / DIGESTS_FILE, digests)
    return [INDEX_FILE, STATISTICS_FILE, DIGESTS_FILE, FIGURES_FILE]


def _remedy(found: Contract) -> str:
    """Name the first broken clause and what to do about it."""
    broken = next((check for check in found.checks if check.status.blocks), None)
    if broken is None:
        return "Look at the warnings before climbing on."
    if broken.id == "D-03":
        return f"Make the data and their pointer agree: {broken.evidence}"
    return (
        f"Fix the data or their source ({broken.title}: {broken.evidence.rstrip('.')}), "
        "pin them again and climb again."
    )
