"""What every test needs: a quiet Ikomia with its home in a temporary folder, and the real data."""

import os
import tempfile
from pathlib import Path

os.environ["IKOMIA_AUTO_COMPLETION"] = "0"
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["HOME"] = tempfile.mkdtemp(prefix="ikomia-home-")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import ikomia  # noqa: F401  (its own cv2 must be the first one that is imported)
import pytest

from plugin_kit.device import keep_teams_whole

# Tests that call the networks themselves need what the plugins do before they call them.
keep_teams_whole()

REPOSITORY = Path(__file__).resolve().parents[1]


# Files of tens of seconds: they begin first, for begun last, one would run on alone at the end.
LONGEST = (
    "tests/test_hub.py",
    "tests/workflows/test_motion_chain.py",
    "tests/infer_multiview_triangulation/test_reconstruct.py",
    "tests/workflows/test_matting_chain.py",
    "tests/examples/test_examples.py",
    "tests/train_background_matting/test_training.py",
    "tests/infer_multiview_triangulation/test_workflow.py",
    "tests/workflows/test_matting_method.py",
    "tests/infer_multiview_triangulation/test_real_data.py",
    "tests/extract_background/test_plate_estimation.py",
    "tests/fuzz/test_campaign.py",
    "tests/workflows/test_dataset_aist.py",
    "tests/infer_multiview_triangulation/test_unposed_crowd.py",
    "tests/test_documentation.py",
)


def pytest_collection_modifyitems(items):
    place = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the checkout; a test that needs it skips without."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"the real inputs are not at {folder}")
    return folder


@pytest.fixture
def workflow_of():
    """Build a workflow with the named plugins' tasks in order (unconnected beyond Ikomia's own)."""
    from ikomia.dataprocess.workflow import Workflow

    from workflows.plugins import load_plugin

    def build(*names: str):
        workflow = Workflow("test")
        tasks = []
        for name in names:
            load_plugin(name)
            tasks.append(workflow.add_task(name=name, auto_connect=False))
        return workflow, tasks

    return build
