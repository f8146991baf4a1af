"""Charts as inline SVG: colours come from the page's style, so they follow dark mode and print."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from startsimple.report.html import Child, Html, tag
from startsimple.report.values import show

WIDTH, HEIGHT = 460.0, 250.0
_LABEL, _RIGHT, _TOP = 28.0, 14.0, 14.0
# Room below for ticks and a label, or for names of up to three lines.
_BOTTOM, _BOTTOM_NAMES, _LINE = 38.0, 52.0, 12.0
_CHARACTER = 6.3

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Maps values to pixels, linearly or by logarithm."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, values: Sequence[float], *, log: bool = False, margin: float = 0.05) -> "Scale":
        """Return a scale that holds all finite values, with a margin on both sides."""
        usable = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [0.5, 1.0]
        low, high = min(usable), max(usable)
        if log:
            if low == high:
                return cls(low / 2, high * 2, log=True)
            room = (high / low) ** margin
            return cls(low / room, high * room, log=True)
        room = (high - low) * margin or abs(high) * margin or margin
        return cls(low - room, high + room)

    def share(self, value: float) -> float:
        """Return where a value lies between low (0) and high (1), held inside."""
        if self.log:
            value = max(value, self.low)
            place = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            place = (value - self.low) / (self.high - self.low)
        return min(max(place, 0.0), 1.0)

    def ticks(self, count: int = 5) -> list[float]:
        """Return round values inside the scale."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            stride = max(1, math.ceil((last - first) / count))
            decades = [10.0**power for power in range(first, last + 1, stride)]
            if len(decades) >= 2:
                return decades
            return _spread(self.low, self.high)
        rough = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
        start = math.ceil(self.low / step - 1e-9)
        return [round(n * step, 12) for n in range(start, math.floor(self.high / step + 1e-9) + 1)]


def _spread(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten, for a logarithmic scale of about a decade."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]


@dataclass
class Chart:
    """One chart under construction; marks are drawn in the order in which they are added.

    Attributes:
        title: What the chart shows, for screen readers.
        x: Horizontal scale.
        y: Vertical scale.
        x_label: Name and unit of the horizontal axis.
        y_label: Name and unit of the vertical axis.
        x_ticks: Labels of the horizontal axis by value; None for round numbers.
        height: Height in pixels of the drawing's own coordinates.
        left: Where the drawing begins; left of it stand the vertical axis's labels.
        bottom: Where the drawing ends; below it stand the horizontal axis's labels.
    """

    title: str
    x: Scale
    y: Scale
    x_label: str = ""
    y_label: str = ""
    x_ticks: dict[float, str] | None = None
    height: float = HEIGHT
    left: float = 0.0
    bottom: float = 0.0
    _marks: list[Html] = field(default_factory=list[Html])
    _taken: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        widest = max((len(show(value, 3)) for value in self.y.ticks(4)), default=1)
        self.left = _LABEL + widest * _CHARACTER
        self.bottom = self.height - (_BOTTOM if self.x_label else _BOTTOM_NAMES)

    def px(self, value: float) -> float:
        """Return the pixel of a horizontal value."""
        return self.left + self.x.share(value) * (WIDTH - self.left - _RIGHT)

    def py(self, value: float) -> float:
        """Return the pixel of a vertical value."""
        return self.bottom - self.y.share(value) * (self.bottom - _TOP)

    def line(self, points: Sequence[Point], look: str, name: str = "") -> None:
        """Draw a curve; a point that is not finite interrupts it."""
        runs: list[list[str]] = [[]]
        for x, y in points:
            if math.isfinite(y):
                runs[-1].append(f"{self.px(x):.1f},{self.py(y):.1f}")
            elif runs[-1]:
                runs.append([])
        for run in runs:
            if run:
                shape = tag("polyline", _hover(name), points=" ".join(run), class_=f"line {look}")
                self._marks.append(shape)

    def level(self, value: float, label: str, look: str = "level") -> None:
        """Draw a horizontal reference line with its label on the right, clear of earlier ones."""
        y = self.py(value)
        right = WIDTH - _RIGHT
        self._marks.append(tag("line", x1=self.left, x2=right, y1=y, y2=y, class_=look))
        place = y - 4
        while any(abs(place - taken) < 11 for taken in self._taken):
            place -= 11
        if place < _TOP:
            return
        self._taken.append(place)
        text = tag("text", label, x=right, y=place, class_=f"note {look}", text_anchor="end")
        self._marks.append(text)

    def band(self, low: float, high: float, look: str, *, vertical: bool = False) -> None:
        """Shade a range of values over the whole chart."""
        if vertical:
            x, y = self.px(low), _TOP
            width, height = self.px(high) - x, self.bottom - _TOP
        else:
            x, y = self.left, self.py(high)
            width, height = WIDTH - self.left - _RIGHT, self.py(low) - y
        self._marks.append(tag("rect", x=x, y=y, width=width, height=height, class_=f"band {look}"))

    def dot(self, x: float, y: float, look: str, name: str = "", radius: float = 4.0) -> None:
        """Draw one point; its name shows when the pointer rests on it."""
        shape = tag("circle", _hover(name), cx=self.px(x), cy=self.py(y), r=radius, class_=look)
        self._marks.append(shape)

    def cross(self, x: float, y: float, look: str, name: str = "") -> None:
        """Draw a cross, for what failed."""
        cx, cy = self.px(x), self.py(y)
        path = f"M{cx - 4:.1f} {cy - 4:.1f}l8 8m0-8l-8 8"
        self._marks.append(tag("path", _hover(name), d=path, class_=f"line {look}"))

    def bar(self, left: float, right: float, low: float, high: float, look: str, name: str) -> None:
        """Draw a rectangle between two horizontal and two vertical values."""
        top, bottom = self.py(max(low, high)), self.py(min(low, high))
        x = self.px(left)
        shape = tag(
            "rect",
            _hover(name),
            x=x,
            y=top,
            width=max(self.px(right) - x, 1.0),
            height=max(bottom - top, 1.0),
            class_=f"bar {look}",
        )
        self._marks.append(shape)

    def whisker(self, x: float, low: float, high: float, look: str = "whisker") -> None:
        """Draw a vertical interval."""
        place, top, bottom = self.px(x), self.py(high), self.py(low)
        path = f"M{place - 5:.1f} {top:.1f}h10m-5 0V{bottom:.1f}m-5 0h10"
        self._marks.append(tag("path", d=path, class_=f"line {look}"))

    def text(self, x: float, y: float, label: str, look: str = "note", rise: float = 6.0) -> None:
        """Write a label above a point."""
        place = tag(
            "text", label, x=self.px(x), y=self.py(y) - rise, class_=look, text_anchor="middle"
        )
        self._marks.append(place)

    def svg(self) -> Html:
        """Return the finished chart."""
        return tag(
            "svg",
            tag("title", self.title),
            self._grid(),
            self._marks,
            viewBox=f"0 0 {WIDTH:g} {self.height:g}",
            role="img",
            aria_label=self.title,
            xmlns="http://www.w3.org/2000/svg",
        )

    def _grid(self) -> list[Child]:
        right, middle = WIDTH - _RIGHT, (_TOP + self.bottom) / 2
        turned = f"translate(12 {middle:.0f}) rotate(-90)"
        return [
            [self._row(value) for value in self.y.ticks(4)],
            self._columns(),
            tag("line", x1=self.left, x2=right, y1=self.bottom, y2=self.bottom, class_="axis"),
            _centred(self.x_label, (self.left + right) / 2, self.height - 6, "label"),
            tag("text", self.y_label, transform=turned, class_="label", text_anchor="middle"),
        ]

    def _row(self, value: float) -> Child:
        y, text = self.py(value), show(value, 3)
        return [
            tag("line", x1=self.left, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="grid"),
            tag("text", text, x=self.left - 6, y=y + 4, class_="tick", text_anchor="end"),
        ]

    def _columns(self) -> list[Child]:
        ticks = self.x_ticks or {value: show(value, 3) for value in self.x.ticks()}
        room = (WIDTH - _RIGHT - self.left) / max(len(ticks), 1) / _CHARACTER
        drawn: list[Child] = []
        for value, text in ticks.items():
            lines = textwrap.wrap(text, max(int(room), 4), break_long_words=False)
            for number, words in enumerate(lines[:3]):
                y = self.bottom + 15 + number * _LINE
                drawn.append(_centred(words, self.px(value), y, "tick"))
        return drawn


def _centred(text: str, x: float, y: float, look: str) -> Html:
    return tag("text", text, x=x, y=y, class_=look, text_anchor="middle")


def _hover(name: str) -> Html | None:
    return tag("title", name) if name else None
