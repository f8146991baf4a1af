"""MNIST's files: parsed, pinned, fetched in order, resumed, and refused if altered."""

import gzip
import hashlib
import http.server
import shutil
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.data.download import fetch
from startsimple.data.hashing import folder_md5
from startsimple.data.pack import write_split
from startsimple.data.pointer import read_pointer
from startsimple.data.sources import mnist
from startsimple.schema.errors import UserError

ROOT = Path(__file__).parents[3]
MIRROR = ROOT.parent / "shared" / "data" / "mnist"
needs_mirror = pytest.mark.skipif(
    not MIRROR.is_dir(), reason=f"there is no mirror of MNIST at {MIRROR}"
)

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def idx(array: np.ndarray) -> bytes:
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, 8, array.ndim)) + shape + array.tobytes()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_an_idx_file_comes_back_as_it_was_written(shape):
    array = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    assert np.array_equal(mnist.read_idx(idx(array), "a"), array)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\x08", idx(np.zeros(3, np.uint8))[:-1], b"\0\0\x0d\x01\0\0\0\x01abcd"]
)
def test_another_file_than_idx_is_refused(content):
    with pytest.raises(UserError, match="original"):
        mnist.read_idx(content, "train-labels-idx1-ubyte")


@needs_mirror
def test_the_mirror_makes_what_the_pointer_pins(tmp_path, monkeypatch):
    monkeypatch.setenv(mnist.MIRROR_VARIABLE, str(MIRROR))
    splits = mnist.load(addresses=())
    assert splits["train"].x.shape == (60000, 1, 28, 28)
    assert np.bincount(splits["test"].y).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    for name, split in splits.items():
        write_split(tmp_path / f"{name}.safetensors", split)
    assert folder_md5(tmp_path) == read_pointer(ROOT / "data/mnist.dvc").md5


@needs_mirror
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda stored: stored[:-100], "is incomplete or damaged"),
        (lambda stored: gzip.compress(gzip.decompress(stored)[:-1] + b"\x09"), "is not the publ"),
    ],
)
def test_a_partial_or_altered_file_in_the_mirror_is_refused(tmp_path, damage, says):
    shutil.copytree(MIRROR, tmp_path / "mirror", copy_function=shutil.copyfile)
    broken = tmp_path / "mirror" / "t10k-labels-idx1-ubyte.gz"
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.raises(UserError, match=says) as caught:
        mnist.load(mirror=str(tmp_path / "mirror"), addresses=())
    assert str(broken) in str(caught.value)


def test_without_any_source_the_sentence_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.delenv("STARTSIMPLE_MNIST_MIRROR", raising=False)
    with pytest.raises(UserError, match=r"none given.*dataset\.source\.args\.mirror"):
        mnist.load(addresses=(), downloads=str(tmp_path))
    with pytest.raises(UserError, match="is no folder"):
        mnist.load(mirror=str(tmp_path / "nowhere"), addresses=())


class Server(http.server.ThreadingHTTPServer):
    """Serves one file on loopback, with or without ranges, whole or broken off."""

    def __init__(self, stored: bytes, *, ranges: bool = True, breaks_after: int | None = None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stored, self.ranges, self.breaks_after = stored, ranges, breaks_after
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.split("=")[1].rstrip("-")) if wanted and self.server.ranges else 0
        if start and start >= len(self.server.stored):
            self.send_error(416)
            return
        body = self.server.stored[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve():
    servers: list[Server] = []

    def start(stored: bytes, **options: object) -> Server:
        server = Server(stored, **options)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


STORED = gzip.compress(CONTENT, mtime=0) + b""


def test_a_broken_download_is_resumed_where_it_stopped(serve, tmp_path, capsys):
    half = len(STORED) // 2
    broken = serve(STORED, breaks_after=half)
    with pytest.raises(UserError, match="broke after"):
        fetch("digits", SHA256, None, [broken.address], tmp_path)
    assert (tmp_path / "digits.gz.part").stat().st_size == half
    whole = serve(STORED)
    assert fetch("digits", SHA256, None, [whole.address], tmp_path) == CONTENT
    assert whole.asked == [f"bytes={half}-"]
    assert "digits.gz: " in capsys.readouterr().err
    # What was proven once is not asked for again.
    assert fetch("digits", SHA256, None, [whole.address], tmp_path) == CONTENT
    assert len(whole.asked) == 1


def test_a_server_without_ranges_sends_the_whole_file_anew(serve, tmp_path):
    (tmp_path / "digits.gz.part").write_bytes(STORED[:100])
    server = serve(STORED, ranges=False)
    assert fetch("digits", SHA256, None, [server.address], tmp_path) == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(serve, tmp_path):
    (tmp_path / "digits.gz.part").write_bytes(STORED + b"more")
    server = serve(STORED)
    assert fetch("digits", SHA256, None, [server.address], tmp_path) == CONTENT


def test_the_next_address_is_asked_when_one_is_away_or_serves_another_file(serve, tmp_path):
    altered, right = serve(gzip.compress(CONTENT[:-1] + b"x")), serve(STORED)
    nobody = "http://127.0.0.1:9/"
    addresses = [nobody, altered.address, right.address]
    assert fetch("digits", SHA256, None, addresses, tmp_path) == CONTENT
    assert len(altered.asked) == len(right.asked) == 1
    with pytest.raises(UserError, match=r"Connection refused.*is not the published one"):
        fetch("other", SHA256, None, addresses[:2], tmp_path)
    assert not list(tmp_path.glob("other*"))


def test_the_mirror_comes_before_the_network_and_may_lack_a_file(serve, tmp_path):
    server = serve(STORED)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    assert fetch("digits", SHA256, mirror, [server.address], tmp_path / "kept") == CONTENT
    (mirror / "digits").write_bytes(CONTENT)
    assert fetch("digits", SHA256, mirror, [server.address], tmp_path / "other") == CONTENT
    assert len(server.asked) == 1
