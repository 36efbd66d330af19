"""An extension of griffe, which reads the docstrings for mkdocstrings: what it takes for Markdown.

``mkdocs.yml`` names this file.
"""

from __future__ import annotations

import re
from typing import Any

import griffe  # pyright: ignore[reportMissingImports]

# Sphinx' roles, colons before a block, and the one of Google's headings that griffe does not know.
REPLACED = (
    (re.compile(r":(?:class|func|meth|data|mod|attr|exc):(?=`)"), ""),
    (re.compile(r"^[ \t]*::$", re.M), ""),
    (re.compile(r"::$", re.M), ":"),
    (re.compile(r"^Example:$", re.M), "Examples:"),
)


class ProjectDocstrings(griffe.Extension):
    """Hands docstrings on as Google's style in Markdown."""

    def on_object(self, *, obj: Any, **_given: Any) -> None:
        """Called by griffe for each object that it has read."""
        if obj.docstring:
            for pattern, text in REPLACED:
                obj.docstring.value = pattern.sub(text, obj.docstring.value)
