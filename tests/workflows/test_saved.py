"""The saved workflows are what the tool writes today, and each name in them is one thing."""

import json

import pytest

from development.tools.save_workflows import FOLDER, save_workflows

FILES = sorted(path.name for path in FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    save_workflows(folder)
    return folder


def exposed(content, kind):
    """The exposed parameters or outputs of a saved workflow, wherever Ikomia puts them."""
    if isinstance(content, dict):
        return content.get(kind) or next(
            filter(None, (exposed(value, kind) for value in content.values())), None
        )
    return None


@pytest.mark.parametrize("name", FILES)
def test_it_is_of_today(written, name):
    assert (written / name).read_bytes() == (FOLDER / name).read_bytes(), (
        "python -m development.tools.save_workflows writes them"
    )
    assert sorted(path.name for path in written.iterdir()) == FILES


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("kind", "key"), [("exposed_outputs", "description"), ("exposed_parameters", "name")]
)
def test_each_name_is_one_thing(name, kind, key):
    names = [entry[key] for entry in exposed(json.loads((FOLDER / name).read_bytes()), kind)]
    assert names and len(set(names)) == len(names)


def test_a_stabilised_matte_is_the_matte():
    content = json.loads((FOLDER / "matting_stabilised.json").read_bytes())
    tasks = {
        entry["description"]: entry["task_id"] for entry in exposed(content, "exposed_outputs")
    }
    assert tasks["alpha"] == tasks["composite"] == tasks["confidence"] != tasks["foreground"]
