"""Judge the stage `simplify`: called by its rule, see `startsimple.stages.simplify`."""

import sys

from startsimple.cli.stage import main

if __name__ == "__main__":
    sys.exit(main("simplify"))
