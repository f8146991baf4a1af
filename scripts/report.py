"""Writes results/<run>/report.html from what the stages left on disk."""

import argparse
import sys
from pathlib import Path

from startsimple.report.page import write_page
from startsimple.schema.errors import UserError


def main() -> int:
    """Write the page of the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    arguments = parser.parse_args()
    try:
        print(f"report: {write_page(arguments.root, arguments.run)}")
    except UserError as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
