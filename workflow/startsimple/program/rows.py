"""Rows of batches, told apart by their bytes."""

import torch
from torch import Tensor


def hash_row(row: Tensor) -> int:
    """Return a hash of a row's bytes."""
    bare = row.detach().cpu().contiguous()
    # NumPy knows no bfloat16; single precision tells the same rows apart.
    known = bare.float() if bare.dtype is torch.bfloat16 else bare
    return hash(known.numpy().tobytes())


def same_numbers(one: Tensor, other: Tensor) -> bool:
    """Say whether two tensors hold the same numbers in the same order, whatever their shapes."""
    return one.numel() == other.numel() and torch.equal(one.reshape(-1), other.reshape(-1))


def same_rows(one: Tensor, other: Tensor) -> bool:
    """Say whether two tensors hold the same numbers in the same shape and type."""
    return one.shape == other.shape and one.dtype == other.dtype and torch.equal(one, other)
