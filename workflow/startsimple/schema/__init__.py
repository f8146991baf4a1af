"""Configs, verdicts, seeds and errors: what every layer speaks; imports no engine but Hydra."""
