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
