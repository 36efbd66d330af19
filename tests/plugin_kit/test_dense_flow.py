"""Dense flow: the motion is found at every working size, and RAFT takes its own weights only."""

import cv2
import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from development.synthetic.scenes import make_flow_scene
from plugin_kit.flow.dense_flow import DisFlow, upscaled_flow
from plugin_kit.flow.raft_flow import RaftFlow
from plugin_kit.pictures import size_within


@pytest.mark.parametrize("long_side", [640, 160])
def test_a_shifted_picture_gives_its_shift(long_side):
    noise = np.random.default_rng(0).integers(0, 256, (120, 200), np.uint8)
    # Coarse enough to be seen at half the size.
    grey = cv2.resize(noise[::8, ::8], (320, 240), interpolation=cv2.INTER_CUBIC)
    first = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    second = np.roll(first, (-4, 6), axis=(0, 1))
    flow = DisFlow(long_side)(first, second)
    assert flow.shape == (240, 320, 2) and flow.dtype == np.float32
    np.testing.assert_allclose(np.median(flow[40:-40, 40:-40], (0, 1)), (6, -4), atol=0.3)


def test_working_size_keeps_the_shape():
    assert size_within((1080, 1920), 640) == (640, 360)
    assert size_within((100, 50), 640) == (50, 100)
    flow = np.ones((10, 20, 2), np.float32)
    np.testing.assert_allclose(upscaled_flow(flow, 30, 40)[5, 5], (2, 3))


def test_raft_takes_its_weights_and_refuses_others(tmp_path):
    torch.manual_seed(0)
    torch.save(raft_small(weights=None).state_dict(), tmp_path / "raft.pth")
    picture = make_flow_scene("moving", frames=1).frames[0][:130, :200]
    flow = RaftFlow(tmp_path / "raft.pth")(picture, picture)
    assert flow.shape == (130, 200, 2) and np.isfinite(flow).all()
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth holds no weights of torchvision's RAFT"):
        RaftFlow(tmp_path / "other.pth")
