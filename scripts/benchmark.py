"""Judge the stage `benchmark`: called by its rule, see `startsimple.stages.benchmark`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("benchmark"))
