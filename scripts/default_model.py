"""Judge the stage `default_model`: called by its rule, see `startsimple.stages.default_model`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("default_model"))
