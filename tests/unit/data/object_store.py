"""An S3 server on the loopback interface, for tests of remotes."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

# moto accepts any credentials, and boto refuses to start without some.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def object_store(folder: Path) -> Generator[str]:
    """Run moto's server on a free port of 127.0.0.1; yield its address; stop it by its process.

    Args:
        folder: Where its log goes.
    """
    log = folder / "moto.log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    environment = {**os.environ, **CREDENTIALS, "PYTHONUNBUFFERED": "1"}
    with log.open("w") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment)
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        server.wait(30)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server says where it listens."""
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return found.group()
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"moto's server did not start: {log.read_text()}")
