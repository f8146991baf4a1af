"""The commands next, compare and history."""

import argparse
import json
from pathlib import Path

from startsimple.schema.errors import UserError


def next_round(argv: list[str]) -> int:
    """List the fixes of a run's gap, or write one as an experiment: startsimple next RUN."""
    from startsimple.report.rounds import show_proposals
    from startsimple.rounds.propose import advised, propose
    from startsimple.rounds.remedies import remedies
    from startsimple.rounds.run import load_run
    from startsimple.rounds.write import accept
    from startsimple.schema.config import INSTABILITY

    parser = argparse.ArgumentParser("startsimple next")
    parser.add_argument("run", help="name of the run: a folder below results/")
    parser.add_argument(
        "--accept",
        metavar="N",
        type=int,
        nargs="?",
        const=0,
        help="write proposal N as conf/experiment/<name>_r<k>.yaml; the advised one without N",
    )
    given = parser.parse_args(argv)
    run = load_run(Path(), given.run)
    route, fixes = propose(run, Path("conf"))
    steadying = remedies(run, Path("conf"))
    proposals = [*fixes, *steadying]
    best = advised(proposals)
    if given.accept is None:
        show_proposals(run, route, fixes, steadying, best)
        return 0
    number = given.accept or best
    if number is None:
        raise UserError(f"No fix against {route} is ready: `startsimple next {run.name}` says why.")
    if not 1 <= number <= len(proposals):
        raise UserError(
            f"--accept {number}: '{run.name}' has {len(proposals)} proposals ({route})."
        )
    against = route if number <= len(fixes) else INSTABILITY
    path = accept(run, Path("conf"), against, proposals[number - 1])
    print(f"Wrote {path}. Climb it: snakemake --cores all --config experiment={path.stem}")
    return 0


def compare_runs(argv: list[str]) -> int:
    """Tell which of two runs is better, and what differs: startsimple compare RUN_A RUN_B."""
    from startsimple.report.rounds import show_comparison
    from startsimple.rounds.compare import compare
    from startsimple.rounds.run import load_run

    parser = argparse.ArgumentParser("startsimple compare")
    parser.add_argument("runs", nargs=2, metavar="RUN", help="names of two runs below results/")
    names: list[str] = parser.parse_args(argv).runs
    first, second = (load_run(Path(), name) for name in names)
    show_comparison(first.name, second.name, compare(first, second))
    return 0


def show_history(argv: list[str]) -> int:
    """Show the rounds of a run's family: startsimple history RUN [--json]."""
    from startsimple.report.rounds import print_history, write_history
    from startsimple.rounds.history import history

    parser = argparse.ArgumentParser("startsimple history")
    parser.add_argument("run", help="any run of the family, below results/")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(argv)
    rounds = history(Path(), given.run)
    if given.json:
        print(json.dumps({"rounds": [one.plain() for one in rounds]}, indent=2))
        return 0
    print_history(rounds)
    print(f"\nplot     {write_history(Path(), rounds)}")
    return 0
