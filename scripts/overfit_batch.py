"""Judge the stage `overfit_batch`: called by its rule, see `startsimple.stages.overfit_batch`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("overfit_batch"))
