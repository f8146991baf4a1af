"""The training loop, its units of work, evaluation, and the statistics of what it measured."""
