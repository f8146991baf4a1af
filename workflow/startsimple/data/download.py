"""Files from a local mirror or from the network: in order, resumed, and held to their SHA-256."""

import gzip
import hashlib
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO

from startsimple.schema.canonical import write_bytes
from startsimple.schema.errors import UserError

_BLOCK = 1 << 16
_TIMEOUT = 30


def fetch(
    name: str, sha256: str, mirror: Path | None, addresses: Sequence[str], folder: Path
) -> bytes:
    """Return a file's content, uncompressed and proven.

    Args:
        name: File name; every source may hold it as it is, or with ".gz".
        sha256: Digest of the uncompressed content.
        mirror: A local folder that is looked into first; what it holds must be right.
        addresses: URLs of folders, tried in order; each holds "<name>.gz".
        folder: Where downloads are kept, whole or in part, so that they go on where they stopped.

    Raises:
        UserError: If the mirror holds another file, or no source has the right one.
    """
    kept = folder / f"{name}.gz"
    local = _in_mirror(name, mirror)
    if local is not None:
        if wrong := _wrong(local.read_bytes(), sha256):
            raise UserError(
                f"{local} {wrong}: copy it to the mirror again, or take it out of there."
            )
        return _content(local.read_bytes())
    if kept.exists() and not _wrong(kept.read_bytes(), sha256):
        return _content(kept.read_bytes())
    reasons: list[str] = []
    for address in addresses:
        try:
            _download(f"{address.rstrip('/')}/{name}.gz", kept)
        except (OSError, HTTPException) as error:
            reasons.append(f"{address}: {getattr(error, 'reason', None) or error}")
            continue
        wrong = _wrong(kept.read_bytes(), sha256)
        if not wrong:
            return _content(kept.read_bytes())
        kept.unlink()
        reasons.append(f"{address}: the file {wrong}")
    where = f"the mirror {mirror} has no {name}, and " if mirror else ""
    tried = "; ".join(reasons) or "none given"
    raise UserError(
        f"{name} could not be had: {where}no address helped ({tried}). "
        "Put the file into a folder and name it with dataset.source.args.mirror=<folder>."
    )


def _in_mirror(name: str, mirror: Path | None) -> Path | None:
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise UserError(f"The mirror {mirror} is no folder: name one that holds {name}.gz.")
    return next((p for p in (mirror / f"{name}.gz", mirror / name) if p.is_file()), None)


def _content(stored: bytes) -> bytes:
    return gzip.decompress(stored) if stored[:2] == b"\x1f\x8b" else stored


def _wrong(stored: bytes, sha256: str) -> str:
    """Say what is wrong with a stored file, "" if its content is the expected one."""
    try:
        found = hashlib.sha256(_content(stored)).hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return "is incomplete or damaged: it cannot be decompressed"
    if found == sha256:
        return ""
    return f"is not the published one: its SHA-256 is {found[:12]}... and not {sha256[:12]}..."


def _download(url: str, target: Path) -> None:
    """Download a file beside its place and move it there once it is whole."""
    part = target.with_name(f"{target.name}.part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        # What is there is longer than what is offered: begin again.
        part.unlink()
        answer = urllib.request.urlopen(url, timeout=_TIMEOUT)
        have = 0
    with answer:
        if have and answer.status != 206:
            have = 0
        left = int(answer.headers.get("Content-Length") or 0)
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if have else "wb") as file:
            _copy(answer, file, target.name, have, have + left)
    if left and part.stat().st_size < have + left:
        raise OSError(f"the connection broke after {part.stat().st_size} of {have + left} bytes")
    write_bytes(target, part.read_bytes())
    part.unlink()


def _copy(answer: HTTPResponse, file: BinaryIO, name: str, have: int, total: int) -> None:
    """Copy what arrives, and show every tenth of it."""
    shown = have
    while block := answer.read(_BLOCK):
        file.write(block)
        have += len(block)
        if have - shown >= max(total // 10, 1 << 19) or have == total:
            shown = have
            of = f" of {total / 1e6:.1f}" if total else ""
            print(f"{name}: {have / 1e6:.1f}{of} MB", file=sys.stderr, flush=True)
