"""Injected faults of the training program, by the place where each of them is made.

Each is a real mistake, small enough to read. A file of `conf/fault` names it by its import path,
so that correct runs import none of them.
"""
