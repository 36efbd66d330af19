"""Parity with the reference networks on seeded weights (tests/golden), and with real ones."""

import re

import cv2
import numpy as np
import pytest
import torch

from infer_rvm.rvm_network import MattingNetwork
from tests.golden import loading

STATES = ("r1", "r2", "r3", "r4")
CASES = [
    (variant, case)
    for variant in ("mobilenetv3", "resnet50")
    for case in loading.cases(f"rvm/rvm_{variant}.json")
    if case != "tap"
]


def build(variant, refiner):
    network = MattingNetwork(variant, refiner)
    network.load_state_dict(
        loading.state_dict("rvm", f"rvm/rvm_{variant}_{refiner}_keys.json"), strict=True
    )
    return network.eval()


def source_of(name, case):
    if name.startswith("seq4"):
        frames = [loading.picture(f"rvmS{i}", 96, 128) for i in range(4)]
        stacked = torch.stack(frames, dim=1)
        return stacked[:, 2:] if name.endswith("last2") else stacked[:, : case["shape"][1]]
    label, height, width = re.match(r'image\("(\w+)",(\d+),(\d+)\)', case["src"]).groups()
    return loading.picture(label, int(height), int(width), case["shape"][0])


def tolerance(key, refiner):
    if key in ("pha", "seg"):
        return 1e-3 if refiner == "fast_guided_filter" else 2e-5
    return 2e-3


@pytest.mark.parametrize(("variant", "name"), CASES)
def test_outputs_equal_the_reference(variant, name):
    case = loading.cases(f"rvm/rvm_{variant}.json")[name]
    network = build(variant, case["refiner"])
    states = []
    with torch.inference_mode():
        if name.endswith("last2"):
            first = source_of("seq4_5d_r1_first2", {"shape": [1, 2]})
            states = network(first, downsample_ratio=1)[2:]
        outputs = network(
            source_of(name, case),
            *states,
            downsample_ratio=case["downsample_ratio"],
            segmentation_pass=case["segmentation_pass"],
        )
    heads = ("seg",) if case["segmentation_pass"] else ("fgr", "pha")
    actual = dict(zip((*heads, *STATES), outputs, strict=True))
    expected = loading.expected(f"rvm/rvm_{variant}.npz", name)
    assert expected
    for key, array in expected.items():
        allowed = tolerance(key, case["refiner"])
        torch.testing.assert_close(actual[key], array, atol=allowed, rtol=0, msg=key)


@pytest.mark.parametrize("variant", ["mobilenetv3", "resnet50"])
def test_taps_equal_the_reference(variant):
    case = loading.cases(f"rvm/rvm_{variant}.json")["even_r1"]
    network = build(variant, case["refiner"])
    source = source_of("even_r1", case)
    with torch.inference_mode():
        features = network.backbone(source)
        actual = {f"f{i + 1}": f[:, :8] for i, f in enumerate(features)}
        actual["aspp"] = network.aspp(features[3])
        actual["hid"] = network.decode(source, (None,) * 4)[0]
    for key, array in loading.expected(f"rvm/rvm_{variant}.npz", "tap").items():
        torch.testing.assert_close(actual[key], array, atol=4e-3, rtol=0, msg=key)


def test_real_weights_on_a_real_photo(shared):
    weights = shared / "data" / "matting" / "rvm_mobilenetv3_int8.pth"
    network = MattingNetwork("mobilenetv3").eval()
    network.load_state_dict(torch.load(weights, weights_only=True), strict=True)
    photo = cv2.imread(str(shared / "data" / "matting" / "person.png"))[..., ::-1]
    source = torch.from_numpy(photo.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        fgr, pha, *_ = network(source, downsample_ratio=0.25)
    expected = loading.expected("rvm/real_rvm_mobilenetv3_int8.npz", "photo_1080_r0.25")
    rounded = torch.floor(pha[0, 0] * 255 + 0.5)
    assert (rounded - expected["pha_u8"].reshape(rounded.shape)).abs().max() <= 1
    torch.testing.assert_close(fgr[0, :, ::8, ::8], expected["fgr_every8"], atol=2e-3, rtol=0)
