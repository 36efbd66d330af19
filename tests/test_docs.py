"""What is written for people: nothing missing from the READMEs, no dead link, no dead example."""

import ast
import builtins
import importlib
import os
import re
import textwrap
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from development.documentation.places import generated_pages
from workflows.plugins import PLUGINS, REPOSITORY

TEXTS = sorted(
    path
    for pattern in ("*.md", "*/*.md", "*/*/*.md", ".github/**/*.md")
    for path in REPOSITORY.glob(pattern)
    if not {".venv", ".build", ".cache", "output", "dist"} & set(path.parts)
)
# A bound that only says how many bits a number has need not be told.
MOST = 2**31 - 1
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:src|href)="([^"]+)\"""")


def readme_of(name):
    path = REPOSITORY / name / "README.md"
    if not path.is_file():
        pytest.skip("this plugin has no README yet")
    return path.read_text(encoding="utf-8")


def table_of(text, head):
    """The rows of the table whose first column is called ``head``."""
    return text.split(f"\n| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]


def rows_of(rows, key):
    return [row for row in rows if row.startswith(f"| {key} |")]


def bounds_of(field):
    return [
        f"{getattr(mark, kind):.10g}"
        for mark in field.metadata
        for kind in ("ge", "gt", "le", "lt")
        if abs(getattr(mark, kind, MOST)) < MOST
    ]


def is_made(path):
    """Whether it is a page that the site makes from the code."""
    docs = REPOSITORY / "docs"
    place = Path(os.path.normpath(path))
    return docs in place.parents and place.relative_to(docs).as_posix() in generated_pages()


@pytest.mark.parametrize("name", PLUGINS)
def test_every_parameter_stands_in_the_readme(name):
    table = table_of(readme_of(name), "parameter")
    for key, field in importlib.import_module(f"{name}.parameters").Settings.model_fields.items():
        rows = rows_of(table, f"`{key}`")
        assert len(rows) == 1, f"{key} has {len(rows)} rows in the table of parameters"
        cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
        default = str(field.default) or "(none)"
        assert cells[2] in (default, default.removesuffix(".0")), f"{key}: default"
        is_choice = get_origin(field.annotation) is Literal
        wanted = get_args(field.annotation) if is_choice else bounds_of(field)
        told = re.split(r"[\s,]+", cells[3])
        assert [value for value in wanted if value not in told] == [], f"{key}: values"


@pytest.mark.parametrize("name", PLUGINS)
def test_no_parameter_of_the_readme_is_made_up(name):
    told = [row.split("`")[1] for row in table_of(readme_of(name), "parameter")]
    settings = importlib.import_module(f"{name}.parameters").Settings
    assert set(told) <= set(settings.model_fields)


@pytest.mark.parametrize("name", PLUGINS)
def test_every_output_stands_in_the_readme(name, workflow_of):
    outputs = table_of(readme_of(name).split(":mag:")[1], "# | output")
    _, (task,) = workflow_of(name)
    for index in range(task.get_output_count()):
        rows = rows_of(outputs, str(index))
        assert len(rows) == 1, f"output {index} has {len(rows)} rows in the table of outputs"
        kinds = type(task.get_output(index)).__mro__
        ikomias = next(kind for kind in kinds if kind.__module__.startswith("ikomia."))
        assert ikomias.__name__ in rows[0]
    assert not rows_of(outputs, str(task.get_output_count()))


@pytest.mark.parametrize("name", PLUGINS)
def test_the_readme_shows_the_panel(name):
    assert "images/panel.png" in readme_of(name).split(":sunny:")[1].split(":pencil:")[0]
    assert (REPOSITORY / name / "images" / "panel.png").is_file()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for link in ("".join(found) for found in LINK.findall(text)):
        target = link.split("#")[0]
        if target and not re.match(r"https?:|mailto:", target):
            assert (path.parent / target).exists() or is_made(path.parent / target), link


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_python_examples_are_python(path):
    for example in re.findall(r" *```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S):
        ast.parse(textwrap.dedent(example))


# What an example takes from the program around it, which the sentence before it says.
GIVEN = {
    "CONTRIBUTING.md": {"setting"},
    "infer_multiview_triangulation/README.md": {"keypoints", "cameras"},
    "infer_smpl_fit/README.md": {"points"},
}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_python_examples_import_what_they_use(path):
    given = GIVEN.get(path.relative_to(REPOSITORY).as_posix(), set())
    for example in re.findall(r" *```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S):
        assert unknown_names(textwrap.dedent(example)) <= given


def unknown_names(code):
    """Names that are used and that nothing in ``code`` makes."""
    nodes = list(ast.walk(ast.parse(code)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    used = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    made = {name.id for name in names if not isinstance(name.ctx, ast.Load)} | set(dir(builtins))
    for node in nodes:
        if isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    return used - made


def test_the_project_is_one_version():
    pyproject = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', pyproject, re.M).group(1)
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {version}" in citation
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## (\[?{re.escape(version)}\]?)", changes, re.M)
