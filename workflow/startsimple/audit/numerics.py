"""What really is in force: threads, kernels, flags and versions, read back and not assumed."""

import importlib.metadata
import os
import platform
import sys
from typing import Any

from startsimple.schema.numerics import VARIABLES

_LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "mlflow", "snakemake", "dvc", "optuna")


def describe() -> dict[str, Any]:
    """Describe the numeric environment of this process.

    Returns:
        Environment variables, Python, versions of the libraries that compute, and torch's own
        flags if this process has loaded torch (a record never loads it by itself).
    """
    return {
        "python": platform.python_version(),
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "versions": versions(),
        "torch": _torch(),
    }


def versions() -> dict[str, str]:
    """Return the installed versions of the libraries that compute or record."""
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _torch() -> dict[str, Any] | None:
    if "torch" not in sys.modules:
        return None
    import torch

    return {
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "deterministic_warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "default_dtype": str(torch.get_default_dtype()),
        "matmul_precision": torch.get_float32_matmul_precision(),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if torch.version.cuda else None,
    }
