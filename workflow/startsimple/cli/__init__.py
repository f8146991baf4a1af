"""Commands: the runner of a stage, what the Snakefile asks for, and `startsimple`."""
