"""The site: what is made from the code is whole, and what the pages show can be run."""

import importlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from development.documentation.command_pages import command_text, parser_of
from development.documentation.engine_pages import engine_text, engines_of
from development.documentation.insertions import MARK, with_insertions
from development.documentation.markdown import cells, find_table, section, table
from development.documentation.places import COMMANDS, generated_pages, relinked
from development.documentation.plugin_pages import plugin_text
from examples import drawn
from plugin_kit.picture_files import write_picture
from tests.readme_inputs import write_cameras, write_capture, write_motion, write_pictures
from workflows.plugins import PLUGINS, REPOSITORY

PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.M | re.S)
COMMAND = re.compile(r"python -m workflows\.(\w+) (.*)")
PARAMETERS = "parameter, and its name in Studio"
# Blocks of these pages need what no test has: the HUB's server, AIST's own data.
NOT_RUN = ("PUBLISHING.md", "tutorials/aist.md")


def place_of(path):
    return path.relative_to(REPOSITORY / "docs").as_posix()


def blocks(path, language):
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    return [textwrap.dedent(code) for name, code in found if name == language]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugins_page_has_every_parameter_and_port(name):
    text = plugin_text(name)
    fields = importlib.import_module(f"{name}.parameters").Settings.model_fields
    rows = [cells(row) for row in find_table(text, PARAMETERS).splitlines()[2:]]
    labels = {key: field.json_schema_extra["label"] for key, field in fields.items()}
    assert [row[0] for row in rows] == [f"`{key}`<br>{label}" for key, label in labels.items()]
    ports = importlib.import_module(f"{name}.ports")
    for kind, head in ((ports.Input, "input"), (ports.Output, "output")):
        named = find_table(text, f"# | in code | {head}")
        listed = named or find_table(text, "# | in code | type")
        assert all(f"| {int(port)} | `{port.name}` |" in listed for port in kind)


def test_words_bounds_and_conditions_are_told():
    text = find_table(plugin_text("infer_multiview_triangulation"), PARAMETERS)
    (row,) = [cells(line) for line in text.splitlines() if line.startswith("| `max_gap_fill`")]
    assert row[1:4] == ["int", "`30`", "0 to 10000 frames"]
    text = find_table(plugin_text("infer_rvm"), PARAMETERS)
    assert "`mobilenetv3` (MobileNetV3)" in text
    text = find_table(plugin_text("infer_people"), PARAMETERS)
    for told in ("*only with a `videos_path`*", "*only with no `videos_path`*; *Advanced*"):
        assert told in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_page_has_every_option(command):
    text = command_text(command)
    named = set(re.findall(r"^\| (`.*?) \|", text, re.M))
    for option in re.findall(r"--[a-z-]+", parser_of(command).format_usage()):
        assert any(f"`{option}`" in names for names in named), option
    assert "%(" not in text
    rows = re.findall(r"^\| `.*", text.split("## How it is used")[0], re.M)
    assert [row for row in rows if not cells(row)[3]] == [], "an option says nothing of itself"


@pytest.mark.parametrize("name", PLUGINS)
def test_an_engines_page_names_what_is_there(name):
    named = re.findall(r"^::: (.+)$", engine_text(name), re.M)
    assert named and engines_of(name)
    for path in named:
        module, _, attribute = path.rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute)), path


def test_links_lead_to_the_pages_that_show_the_files():
    text = "[a](infer_rvm/README.md#x) [b](LICENSE) `[c](d)` [e](https://e) ![f](docs/images/f.jpg)"
    assert relinked(text, source="README.md", page="reference/commands/matting.md") == (
        "[a](../plugins/infer_rvm/index.md#x) b `[c](d)` [e](https://e) ![f](../../images/f.jpg)"
    )
    text = "see [`infer_rvm`](infer_rvm/README.md), `x`"
    assert relinked(text, source="README.md", page="explain/limits.md") == (
        "see [`infer_rvm`](../reference/plugins/infer_rvm/index.md), `x`"
    )


def test_tables_and_sections():
    made = table(("a", "b"), [("x | y", "two\nlines")])
    assert made.splitlines()[2] == "| x \\| y | two lines |"
    assert cells(made.splitlines()[2]) == ["x \\| y", "two lines"]
    assert section("# T\n\n## A\none\n### B\n\n## C\n", "A") == "one\n### B\n"
    with pytest.raises(ValueError, match="no heading '## D'"):
        section("## A\n", "D")


@pytest.mark.parametrize("path", PAGES, ids=place_of)
def test_marks_are_filled(path):
    text = with_insertions(path.read_text(encoding="utf-8"))
    assert not MARK.search(text)


@pytest.mark.parametrize("path", PAGES, ids=place_of)
def test_commands_of_pages_are_understood(path):
    """Each option exists, and its value is allowed."""
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            found = COMMAND.search(line.partition(" # ")[0])
            if found and "--help" not in line and "$" not in line:
                name, given = found.groups()
                parse = importlib.import_module(f"workflows.{name}.command").parse_arguments
                parse(shlex.split(given))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with the files that the pages name, and untrained weights for what fetches some."""
    import torch

    from infer_rvm.rvm_network import MattingNetwork

    folder = tmp_path_factory.mktemp("pages")
    write_pictures(folder)
    # In it the room stands still, and somebody is there.
    drawn.walk(folder, frames=6).replace(folder / "dance.mp4")
    write_cameras(folder)
    write_motion(folder)
    write_capture(folder)
    torch.manual_seed(0)
    network = MattingNetwork("mobilenetv3", "deep_guided_filter")
    torch.save(network.state_dict(), folder / "rvm_mobilenetv3.pth")
    masks = folder / "root" / "mask" / "00"
    masks.mkdir(parents=True)
    (folder / "capture" / "images").rename(folder / "root" / "images")
    write_picture(masks / "000000.png", np.zeros((120, 160), np.uint8))
    return folder


@pytest.mark.parametrize(
    "path", [path for path in PAGES if place_of(path) not in NOT_RUN], ids=place_of
)
def test_python_of_pages_runs(path, inputs, monkeypatch):
    """Each block by itself, as somebody who copies one."""
    monkeypatch.chdir(inputs)
    monkeypatch.setenv("INFER_RVM_CACHE", str(inputs))
    for number, code in enumerate(blocks(path, "python")):
        exec(compile(code, f"{path.name}, block {number}", "exec"), {"__name__": "page"})


def test_no_generated_page_is_also_written():
    assert not set(generated_pages()) & {place_of(path) for path in PAGES}


def test_pictures_of_people_have_a_notice():
    notice = (REPOSITORY / "docs" / "images" / "NOTICE.md").read_text(encoding="utf-8")
    for picture in (REPOSITORY / "docs" / "images").glob("real_*"):
        assert f"`{picture.name}`" in notice
        assert picture.stat().st_size < 200_000


@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: make docs does it"
)
def test_the_site_is_built_without_a_warning(tmp_path):
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in generated_pages():
        folder = site / page.removesuffix("index.md").removesuffix(".md")
        assert (folder / "index.html").is_file(), page
    searched = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert any("max_gap_fill" in entry["text"] for entry in searched["docs"])
