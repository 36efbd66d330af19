"""What mkdocs calls: adds the pages that are made from the code, and mends links between files.

``mkdocs.yml`` names this file.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mkdocs.structure.files import File, Files  # pyright: ignore[reportMissingImports]

from development.documentation.markdown import section
from development.documentation.places import (
    COMMANDS,
    README_PAGES,
    TEXT_PAGES,
    command_page,
    engine_page,
    page_of,
    plugin_page,
    relinked,
)
from workflows.plugins import PLUGINS, REPOSITORY, quiet_ikomia

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig  # pyright: ignore[reportMissingImports]
    from mkdocs.structure.pages import Page  # pyright: ignore[reportMissingImports]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the lists of the navigation whose members are found in the code."""
    lists = {
        "Plugins": [{name: plugin_page(name)} for name in PLUGINS],
        "Commands": [{name: command_page(name)} for name in COMMANDS],
        "Engines": [{name: engine_page(name)} for name in PLUGINS],
    }
    for entry in config.nav or []:
        for pages in entry.values():
            for inner in pages if isinstance(pages, list) else []:
                if isinstance(inner, dict):
                    inner.update({key: lists[key] for key in inner if key in lists})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, and the plugins' pictures."""
    for place, text in generated().items():
        files.append(File.generated(config, place, content=text))
    for name in PLUGINS:
        for picture in sorted((REPOSITORY / name / "images").iterdir()):
            place = page_of(picture.relative_to(REPOSITORY).as_posix())
            files.append(File.generated(config, str(place), abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Page, **_given: object) -> str:
    """Links to files of the repository lead to the pages that show them."""
    place = page.file.src_uri
    if place in generated():
        return markdown
    # Late: it reads the motion chain's own list of files.
    from development.documentation.insertions import with_insertions

    return with_insertions(relinked(markdown, source=f"docs/{place}", page=place))


@lru_cache(maxsize=1)
def generated() -> dict[str, str]:
    """The text of every page that is made from the code, by its place."""
    # Ikomia is needed only here.
    from development.documentation.command_pages import command_text
    from development.documentation.engine_pages import engine_text
    from development.documentation.plugin_pages import plugin_text

    quiet_ikomia()
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    texts = {plugin_page(name): (f"{name}/README.md", plugin_text(name)) for name in PLUGINS}
    texts |= {command_page(name): ("README.md", command_text(name)) for name in COMMANDS}
    texts |= {
        place: ("README.md", f"# {heading}\n\n{section(readme, heading)}")
        for heading, place in README_PAGES.items()
    }
    texts |= {
        place: (file, (REPOSITORY / file).read_text(encoding="utf-8"))
        for file, place in TEXT_PAGES.items()
    }
    pages = {
        place: relinked(text, source=source, page=place) for place, (source, text) in texts.items()
    }
    return pages | {engine_page(name): engine_text(name) for name in PLUGINS}
