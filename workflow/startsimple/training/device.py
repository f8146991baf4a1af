"""Which device trains, and the switches that make it repeat itself."""

import torch

from startsimple.schema.config import NumericsConfig
from startsimple.schema.errors import UserError, nearest

KINDS = ("auto", "cpu", "cuda", "mps")


def choose(name: str) -> torch.device:
    """Return the device that a config asks for.

    Args:
        name: auto takes CUDA, else Apple's MPS, else the CPU.

    Raises:
        UserError: If the name is unknown or this machine has no such device.
    """
    if name not in KINDS:
        raise UserError(f"device='{name}' is unknown. {nearest(name, KINDS)}")
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if present[kind]))
    if not present[name]:
        raise UserError(f"device={name}: this machine has none; use device=auto or device=cpu.")
    return torch.device(name)


def make_deterministic(numerics: NumericsConfig) -> None:
    """Fix the thread count and forbid kernels that do not repeat their own bits.

    Args:
        numerics: Threads per training process; never the scheduler's.
    """
    torch.set_num_threads(numerics.threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    # TF32 rounds inputs to ten bits: a cost in precision that nobody asked for.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
