"""Judge the stage `data`: called by its rule, see `startsimple.stages.data`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("data"))
