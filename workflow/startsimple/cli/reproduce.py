"""startsimple reproduce: a recorded run again, in a fresh folder on a host of another name."""

import argparse

from startsimple.audit import reproduce as rerunning
from startsimple.audit.verifier import Trail
from startsimple.cli.verify import find_run
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.stages import LADDER

_SHOWN = 5


def reproduce(argv: list[str]) -> int:
    """Run a run's stages again elsewhere, compare every bit, and print the tier reached.

    Args:
        argv: The command line without the command's name.

    Returns:
        0 if a tier was reached, 1 if none was.

    Raises:
        UserError: If there is no such run or stage, or it cannot run there.
    """
    parser = argparse.ArgumentParser("startsimple reproduce", description=reproduce.__doc__)
    parser.add_argument("run", help="name of the run below results/, or its folder")
    parser.add_argument("stage", nargs="?", help="only this stage, on the recorded ones below it")
    parser.add_argument("--workers", type=int, help="processes side by side (default: all cores)")
    given = parser.parse_args(argv)
    if given.stage not in (None, *LADDER):
        raise UserError(f"There is no stage '{given.stage}'. {nearest(given.stage, LADDER)}")
    trail = Trail(find_run(given.run))
    rerun = rerunning.reproduce(trail, given.stage, workers=given.workers)
    files = "are those of the manifest (T0)" if rerun.unchanged else "are NOT those of the manifest"
    print(f"files    {files}")
    for note in rerun.notes:
        print(f"note     {note}")
    differences = [item for found in rerun.differences.values() for item in found]
    for difference in differences[:_SHOWN]:
        print(f"differs  {difference}")
    if len(differences) > _SHOWN:
        print(f"         and {len(differences) - _SHOWN} more")
    print(f"{trail.name}: {_MEANING[rerun.tier]}")
    return 1 if rerun.tier == "none" else 0


_MEANING = {
    "T1": "T1, equal bits on the same kind of host under the same numerics",
    "T2": "T2, equal bits on another processor under the portable profile",
    "T3": "T3, equal answers, and scores within the spread of the seeds",
    "none": "no tier is reached",
}
