import os
import subprocess
import sys
from pathlib import Path

import pytest

from startsimple.schema import numerics
from startsimple.schema.numerics import has_avx2, set_environment


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))


def test_avx2_is_read_from_the_processors_flags(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("model name\t: a\nflags\t\t: fpu avx avx2 fma\n")
    assert has_avx2(info)
    info.write_text("flags\t\t: fpu avx avx2x\nbugs\t: avx2\n")
    assert not has_avx2(info)
    assert not has_avx2(tmp_path / "missing")


def test_portable_profile_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics, "has_avx2", lambda: True)
    set_environment()
    assert os.environ["ATEN_CPU_CAPABILITY"] == "avx2"
    assert os.environ["MKL_CBWR"] == "COMPATIBLE"
    monkeypatch.setattr(numerics, "has_avx2", lambda: False)
    set_environment()
    assert "ATEN_CPU_CAPABILITY" not in os.environ


def test_native_profile_takes_the_pins_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics, "has_avx2", lambda: True)
    set_environment()
    set_environment(portable=False)
    assert "ONEDNN_MAX_CPU_ISA" not in os.environ


def test_threads_telemetry_and_strays() -> None:
    os.environ["MLFLOW_RUN_ID"] = "stray"
    os.environ["OMP_NUM_THREADS"] = "7"
    set_environment(threads=2)
    assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "2"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"
    assert "MLFLOW_RUN_ID" not in os.environ


def test_torch_obeys_what_was_set_before_it_was_imported() -> None:
    program = (
        "from startsimple.schema.numerics import set_environment, has_avx2\n"
        "set_environment(threads=1)\n"
        "import torch\n"
        "from startsimple.audit.numerics import describe\n"
        "seen = describe()\n"
        "assert seen['torch']['threads'] == 1, seen\n"
        "assert not has_avx2() or seen['torch']['cpu_capability'] == 'AVX2', seen\n"
        "assert seen['environment']['OMP_NUM_THREADS'] == '1', seen\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_description_never_loads_torch() -> None:
    program = (
        "import sys\nfrom startsimple.audit.numerics import describe\n"
        "assert describe()['torch'] is None\nassert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
