"""Judge the stage `gap`: called by its rule, see `startsimple.stages.gap`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("gap"))
