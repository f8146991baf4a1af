"""Environment of every stage's process: numeric profile and silence of the engines' telemetry."""

import os
from pathlib import Path

# Each library has its own switch, and each one alone leaves the others' kernels unpinned.
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

# ATen, oneDNN and MKL choose their kernels separately; only all three together give equal bits
# on different processors.
_PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
}

# Read by cuBLAS when CUDA starts; without it matrix products may differ between runs.
_CUDA = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}

# DO_NOT_TRACK must be "true": MLflow ignores "1".
_SILENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
}

# MLFLOW_RUN_ID would override the parent of every run that is created.
_UNWANTED = ("MLFLOW_RUN_ID",)

# What `startsimple.audit.numerics.describe` reports as in force.
VARIABLES = (*_THREADS, *_PORTABLE, *_CUDA, "PYTHONHASHSEED")


def set_environment(threads: int = 1, *, portable: bool = True) -> dict[str, str]:
    """Pin threads, kernels and telemetry; call it before torch or numpy is imported.

    Args:
        threads: Threads inside one operation, from the config and never from the scheduler,
            since their number changes the weights.
        portable: Hold the kernels to AVX2 if this processor has it, so that another
            processor gives the same bits.

    Returns:
        The variables that are now in force because of this call.
    """
    wanted = dict.fromkeys(_THREADS, str(threads)) | _CUDA | _SILENT
    if portable and has_avx2():
        wanted |= _PORTABLE
    else:
        for name in _PORTABLE:
            os.environ.pop(name, None)
    for name in _UNWANTED:
        os.environ.pop(name, None)
    os.environ.update(wanted)
    return wanted


def has_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor has AVX2, as far as the system says so.

    Args:
        cpuinfo: Linux's description of the processor; elsewhere it is missing, and the
            profile stays off rather than guess.
    """
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return "avx2" in flags.split()
