"""Judge the stage `tune`: called by its rule, see `startsimple.stages.tune`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("tune"))
