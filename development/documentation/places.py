"""Which page of the site shows which file of the repository; no Ikomia, nothing is imported."""

from __future__ import annotations

import posixpath
import re

from workflows.plugins import PLUGINS

COMMANDS = ("matting", "motion", "calibrate", "capture", "keypoints", "dataset")
# Parts of README.md that are pages of their own: the heading, and the page.
README_PAGES = {
    "Measured": "explain/measured.md",
    "Limits": "explain/limits.md",
    "Licences": "licences.md",
}
TEXT_PAGES = {"CHANGELOG.md": "changes.md", "CONTRIBUTING.md": "contributing.md"}
# Links and pictures, in Markdown and in HTML.
LINK = re.compile(
    r"""(?P<open>!?\[(?P<words>[^\]]*)\]\()(?P<markdown>[^)\s]+)\)"""
    r"""|(?P<attribute>(?:src|href)=")(?P<html>[^"]+)\""""
)
# Whichever begins first: a link's words may be code, and code may look like a link.
CODE_OR_LINK = re.compile(rf"(?P<code>```.*?```|`[^`\n]*`)|{LINK.pattern}", re.S)


def plugin_page(name: str) -> str:
    return f"reference/plugins/{name}/index.md"


def engine_page(name: str) -> str:
    return f"reference/engines/{name}.md"


def command_page(name: str) -> str:
    return f"reference/commands/{name}.md"


def generated_pages() -> list[str]:
    """Every page that is made when the site is built, by its place below ``docs/``."""
    return [
        *map(plugin_page, PLUGINS),
        *map(engine_page, PLUGINS),
        *map(command_page, COMMANDS),
        *README_PAGES.values(),
        *TEXT_PAGES.values(),
    ]


def page_of(file: str) -> str | None:
    """The place in the site of a file of the repository; None where the site has none.

    Example:
        >>> page_of("infer_rvm/README.md")
        'reference/plugins/infer_rvm/index.md'
        >>> page_of("docs/images/motion.jpg")
        'images/motion.jpg'
    """
    folder, _, rest = file.partition("/")
    if folder == "docs":
        return rest
    if folder in PLUGINS and rest == "README.md":
        return plugin_page(folder)
    if folder in PLUGINS and rest.startswith("images/"):
        return f"reference/plugins/{file}"
    return {"README.md": "index.md", **TEXT_PAGES}.get(file)


def relinked(text: str, *, source: str, page: str) -> str:
    """``text`` of the file ``source``, with links as they have to be in the page ``page``.

    What the site does not have loses its link and keeps its words; what is in code stays.
    """

    def led(found: re.Match[str]) -> str:
        target = found["markdown"] or found["html"]
        path, hash_, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return found[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        place = page_of(file)
        if place is None:
            return found["words"] or ""
        relative = posixpath.relpath(place, posixpath.dirname(page) or ".")
        opened, closed = ("open", ")") if found["markdown"] else ("attribute", '"')
        return f"{found[opened]}{relative}{hash_}{anchor}{closed}"

    return CODE_OR_LINK.sub(lambda found: found[0] if found["code"] else led(found), text)
