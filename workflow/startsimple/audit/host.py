"""Where a stage ran: machine, accelerator, and the installed distributions."""

import os
import platform
import re
import socket
import sys
from functools import cache
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import file_digest

# Instruction sets that decide which kernels a CPU library picks.
_TELLING_FLAGS = ("avx", "avx2", "avx512f", "avx512_bf16", "amx_tile", "fma", "asimd", "sve")


@cache
def host() -> dict[str, Any]:
    """Describe the machine: name, system, processor, cores, memory, accelerators."""
    import psutil

    return {
        "name": socket.gethostname(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cpu_flags": _cpu_flags(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "accelerators": _accelerators(),
    }


@cache
def distributions() -> dict[str, dict[str, str | None]]:
    """Return every installed distribution: version, and SHA-256 of its RECORD of files."""
    found: dict[str, dict[str, str | None]] = {}
    # Folder names say it in a twentieth of the time that parsing all metadata takes.
    for place in dict.fromkeys(sys.path):
        for folder in sorted(Path(place or ".").glob("*.dist-info")):
            name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
            record = folder / "RECORD"
            sha256 = file_digest(record) if record.is_file() else None
            found.setdefault(
                re.sub(r"[-_.]+", "_", name).lower(), {"version": version, "record_sha256": sha256}
            )
    return dict(sorted(found.items()))


def _cpuinfo() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return {key.strip(): value.strip() for key, value in reversed(pairs)}


def _cpu_model() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _cpu_flags() -> list[str]:
    info = _cpuinfo()
    present = set((info.get("flags") or info.get("Features") or "").split())
    return [flag for flag in _TELLING_FLAGS if flag in present]


def _accelerators() -> list[dict[str, Any]]:
    """Describe the accelerators by identity, if this process has loaded torch."""
    if "torch" not in sys.modules:
        return []
    import torch

    if torch.backends.mps.is_available():
        return [{"kind": "mps", "name": platform.processor()}]
    # torch's own stubs leave the properties untyped.
    devices: list[Any] = [
        torch.cuda.get_device_properties(index)  # pyright: ignore[reportUnknownMemberType]
        for index in range(torch.cuda.device_count())
    ]
    return [
        {
            "kind": "cuda",
            "name": device.name,
            "memory_bytes": device.total_memory,
            "uuid": str(device.uuid),
        }
        for device in devices
    ]
