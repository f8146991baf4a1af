"""Exits 0 if the run climbed to the top, 1 if it is blocked; says which in one sentence."""

import argparse
import sys
from pathlib import Path

from startsimple.report.enforce import enforce


def main() -> int:
    """Judge the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    arguments = parser.parse_args()
    climbed, sentence = enforce(arguments.root, arguments.run)
    print(f"enforce: {sentence}", file=sys.stdout if climbed else sys.stderr)
    return 0 if climbed else 1


if __name__ == "__main__":
    sys.exit(main())
