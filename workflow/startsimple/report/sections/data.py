"""Stage `data` on the page: how labels and input values are distributed."""

from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import Figure, Section, numbers, pairs
from startsimple.schema.canonical import read_json

# The stored mapping is sorted by name; people read the splits in this order.
_SPLITS = {"train": "s0", "val": "s1", "test_val": "s3", "test": "s2"}


def figures(rung: Rung) -> list[Figure]:
    """Draw label counts per split and the histogram of training values."""
    path = rung.folder / "figures.json"
    if not path.exists():
        return []
    stored: dict[str, Any] = read_json(path)
    drawn: list[Figure] = []
    if labels := pairs(stored.get("label_histogram")):
        drawn.append(_labels(labels, pairs(numbers(rung).get("examples"))))
    if values := pairs(stored.get("value_histogram")):
        drawn.append(_values(values))
    return drawn


def _labels(counts: Any, examples: Any) -> Figure:
    splits = [name for name in _SPLITS if name in counts]
    classes = len(counts[splits[0]])
    top = max(max(row) for row in counts.values())
    chart = Chart(
        "Examples per class and split",
        Scale(-0.5, classes - 0.5),
        Scale(0, top * 1.08),
        "class",
        "examples",
        {float(label): str(label) for label in range(0, classes, max(1, classes // 12))},
    )
    width = 0.8 / len(splits)
    for place, name in enumerate(splits):
        for label, count in enumerate(counts[name]):
            left = label - 0.4 + place * width
            told = f"class {label}, {name}: {count}"
            chart.bar(left, left + width * 0.92, 0, count, _SPLITS[name], told)
    sizes = ", ".join(f"{name} {examples[name]}" for name in splits if name in examples)
    legend = [(name, _SPLITS[name]) for name in splits]
    return Figure(chart.svg(), f"Examples per class{f': {sizes}' if sizes else ''}.", legend)


def _values(histogram: Any) -> Figure:
    counts, edges = histogram["counts"], histogram["edges"]
    chart = Chart(
        "Histogram of the training inputs",
        Scale(edges[0], edges[-1]),
        Scale(0, max(counts) * 1.08),
        "value",
        "count",
    )
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        chart.bar(left, right, 0, count, "s0", f"{left:.3g} to {right:.3g}: {count}")
    return Figure(chart.svg(), "Training inputs as stored, before they are standardised.")


SECTION = Section(
    "data",
    "The data are what the pointer says, features and labels belong together, and the splits do "
    "not leak.",
    "Labels that are wrong but consistent, and a leak spread over many features, pass this gate.",
    figures,
)
