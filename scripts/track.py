"""Mirrors a run into MLflow; says so in one sentence if it cannot, and never fails a climb."""

import argparse
import json
import sys
from pathlib import Path

from startsimple.audit.tracking import mirror, prepare
from startsimple.schema.errors import UserError
from startsimple.schema.numerics import set_environment


def main() -> int:
    """Mirror the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", help="name of the run; without it only the store is prepared")
    parser.add_argument("--config", default="{}", help="the tracking section, JSON")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    arguments = parser.parse_args()
    set_environment()
    settings = json.loads(arguments.config)
    if arguments.run is None:
        prepare(arguments.root, settings)
        return 0
    try:
        report = mirror(arguments.root, arguments.run, settings)
    except UserError as error:
        print(f"track: {error}", file=sys.stderr)
        return 1
    print(f"track: {report['note']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
