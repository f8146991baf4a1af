"""Diagnose the program of a failed gate: called by its rule, see `startsimple.cli.gate`."""

import sys

from startsimple.cli.gate import main

if __name__ == "__main__":
    sys.exit(main())
