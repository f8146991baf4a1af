"""startsimple: bring up a deep network one proven stage at a time."""
