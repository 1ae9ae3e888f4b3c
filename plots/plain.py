"""Matplotlib's SVG → an SVG that any page may hold.

Matplotlib writes `style` attributes and a style sheet for `*`. A strict Content-Security-Policy blanks the first, and inside
a page the second restyles its host. As attributes the same properties need no leave, change nothing outside, and take
half the bytes.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
NUMBER = re.compile(r"-?\d+\.\d+")
ROUNDED = ("d", "x", "y", "transform", "width", "height")
FONTS = "DejaVu Sans, Verdana, sans-serif"  # Verdana is as wide, where DejaVu is not installed

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def plain_svg(source: bytes, title: str, description: str) -> bytes:
    """Rewrite matplotlib's SVG without styles, metadata and needless digits, with a title and a description."""
    root = ElementTree.fromstring(source)  # noqa: S314  matplotlib has just written it
    _drop(root, f"{{{SVG}}}metadata", f"{{{SVG}}}style")
    for element in root.iter():
        _unstyle(element)
    for group in root.iter(f"{{{SVG}}}g"):
        _hoist(group)
    _forget_unused_ids(root)
    _describe(root, title, description)
    return ElementTree.tostring(root, encoding="unicode").encode()


def _drop(root: Element, *tags: str) -> None:
    for parent in root.iter():
        for child in [child for child in parent if child.tag in tags]:
            parent.remove(child)


def _unstyle(element: Element) -> None:
    for declaration in filter(None, element.attrib.pop("style", "").split(";")):
        name, value = declaration.split(":", 1)
        element.set(name.strip(), FONTS if name.strip() == "font-family" else value.strip())
    for name in ROUNDED:
        if name in element.attrib:
            element.set(name, NUMBER.sub(_rounded, " ".join(element.attrib[name].split())))
    if element.get("transform", "").startswith("rotate(0 "):
        del element.attrib["transform"]
    element.tail = None
    if element.text and not element.text.strip():
        element.text = None


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _hoist(group: Element) -> None:
    """Say once, on the group, what all its points say alike."""
    uses = [child for child in group if child.tag == f"{{{SVG}}}use"]
    if len(uses) < 2 or len(uses) != len(group):
        return
    for name, value in list(uses[0].attrib.items()):
        if name not in ("x", "y", f"{{{XLINK}}}href") and all(use.get(name) == value for use in uses):
            group.set(name, value)
            for use in uses:
                del use.attrib[name]


def _forget_unused_ids(root: Element) -> None:
    written = " ".join(value for element in root.iter() for name, value in element.attrib.items() if name != "id")
    for element in root.iter():
        if "id" in element.attrib and f"#{element.get('id')}" not in written:
            del element.attrib["id"]


def _describe(root: Element, title: str, description: str) -> None:
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        told = Element(f"{{{SVG}}}{tag}")
        told.text = text
        root.insert(at, told)
    root.set("role", "img")
    root.set("stroke-linejoin", "round")
