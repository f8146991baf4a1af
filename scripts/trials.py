"""Run one shard of a round of tuning: called by its rule, see `startsimple.stages.tune_shards`."""

import sys

from startsimple.cli.trials import main

if __name__ == "__main__":
    sys.exit(main())
