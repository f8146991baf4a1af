"""The networks that the ladder composes: one class per file, all returning logits."""
