"""Single examples on the page: images as pictures, sequences and vectors as curves."""

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from startsimple.report.html import Html, tag
from startsimple.report.section import Figure
from startsimple.report.values import show

_WIDTH, _HEIGHT = 120.0, 60.0


def gallery(caption: str, kind: str, items: Sequence[Mapping[str, Any]]) -> Figure:
    """Return examples side by side, each with its label, the answer and the confidence.

    Args:
        caption: What the items have in common.
        kind: The dataset's input type.
        items: Out of analysis.json.
    """
    cards = [
        tag(
            "div",
            drawing(kind, item["input"]),
            tag("div", _told(item), class_="meta"),
            class_="item",
        )
        for item in items
    ]
    return Figure(tag("div", cards), caption, wide=True)


def _told(item: Mapping[str, Any]) -> str:
    if "suggested" in item:
        return f"#{item['id']}: label {item['label']}, rather {item['suggested']}?"
    sure = "" if item["confidence"] is None else f" ({float(item['confidence']):.2f})"
    answer = show(item["predicted"], 3)
    return f"#{item['id']}: {show(item['label'], 3)}, answered {answer}{sure}"


def drawing(kind: str, values: Sequence[Any]) -> Html:
    """Return one input as a picture (nested rows of an image) or as a curve."""
    if kind == "image" and values and isinstance(values[0], list):
        return picture(cast("Sequence[Sequence[float]]", values))
    return curve([float(value) for value in _flat(values)])


def _flat(values: Sequence[Any]) -> list[Any]:
    if values and isinstance(values[0], list):
        return [value for line in values for value in line]
    return list(values)


def curve(values: Sequence[float]) -> Html:
    """Return a sequence as a small line drawing."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = _WIDTH / max(len(values) - 1, 1)
    points = " ".join(
        f"{place * step:.1f},{_HEIGHT - (value - low) / span * _HEIGHT:.1f}"
        for place, value in enumerate(values)
    )
    return tag(
        "svg",
        tag("polyline", points=points, class_="line s0"),
        viewBox=f"-2 -2 {_WIDTH + 4:g} {_HEIGHT + 4:g}",
        width=_WIDTH,
        height=_HEIGHT,
        role="img",
        aria_label="the input as a curve",
    )


def picture(rows: Sequence[Sequence[float]]) -> Html:
    """Return an image as an inline grey picture, its values stretched from black to white."""
    low = min(min(line) for line in rows)
    span = (max(max(line) for line in rows) - low) or 1.0
    grey = [bytes(round(255 * (value - low) / span) for value in line) for line in rows]
    data = base64.b64encode(_png(grey)).decode()
    return tag(
        "img",
        src=f"data:image/png;base64,{data}",
        alt="the input",
        width=72.0,
        style="image-rendering: pixelated",
    )


def _png(rows: Sequence[bytes]) -> bytes:
    """Encode 8-bit grey rows as PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line for line in rows), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )
