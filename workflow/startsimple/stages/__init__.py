"""The rungs of the ladder: one module each, with `run(config, inputs) -> Verdict`."""
