"""HTML and SVG from nested calls; text is escaped unless it is already markup."""

from collections.abc import Iterable, Sequence
from html import escape


class Html(str):
    """Markup that needs no escaping any more."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]

_VOID = {"meta", "link", "br", "hr", "img"}


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Html:
    """Return an element.

    Args:
        name: Name of the element.
        children: Text, markup, or nested sequences of them; None is left out.
        attributes: Attributes; "class_" becomes "class", "_" becomes "-", None is left out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Return children as one piece of markup, text escaped."""
    return Html("".join(_render(child) for child in children))


def table(head: Sequence[Child], rows: Iterable[Html], **attributes: str | None) -> Html:
    """Return a table that scrolls by itself where the screen is narrower than it."""
    cells = (tag("th", name, scope="col") for name in head)
    body = tag("table", tag("thead", tag("tr", cells)), tag("tbody", rows), **attributes)
    return tag("div", body, class_="scroll", tabindex="0", role="group")


def row(*cells: Child, **attributes: str | None) -> Html:
    """Return a table row; the first cell heads it."""
    first, *rest = cells
    inner = [tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)]
    return tag("tr", inner, **attributes)


def _render(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(str(child), quote=False)
    return join(child)


def _plain(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
