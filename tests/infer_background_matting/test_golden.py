"""Parity with the reference networks on seeded weights (tests/golden)."""

import re

import pytest
import torch

from infer_background_matting.bgm_network import MattingBase, MattingRefine
from tests.golden import loading

ALPHA_TOLERANCE = 2e-5
HALF_TOLERANCE = 2e-3
BACKBONES = ("mobilenetv2", "resnet50", "resnet101")
CASES = [
    (backbone, case)
    for backbone in BACKBONES
    for case in loading.cases(f"bgmv2/bgmv2_{backbone}.json")
    if case != "tap"
]


@pytest.fixture(scope="module")
def weights():
    cache = {}

    def get(backbone, kernel_size):
        key = (backbone, kernel_size)
        if key not in cache:
            suffix = "_k1" if kernel_size == 1 else ""
            cache[key] = loading.state_dict(
                "bgm", f"bgmv2/bgmv2_refine_{backbone}{suffix}_keys.json"
            )
        return cache[key]

    return get


def build(backbone, case, weights):
    if case["model"] == "MattingBase":
        network = MattingBase(backbone)
        state = {k: v for k, v in weights(backbone, 3).items() if not k.startswith("refiner.")}
    else:
        network = MattingRefine(
            backbone,
            case["backbone_scale"],
            case["refine_mode"],
            case["refine_sample_pixels"],
            case["refine_threshold"],
            case["refine_kernel_size"],
            case["refine_prevent_oversampling"],
        )
        state = weights(backbone, case["refine_kernel_size"])
    network.load_state_dict(state, strict=True)
    return network.eval()


def inputs(case):
    tensors = []
    for name in ("src", "bgr"):
        label, height, width = re.match(r'image\("(\w+)",(\d+),(\d+)\)', case[name]).groups()
        tensors.append(loading.picture(label, int(height), int(width), case["batch"]))
    return tensors


@pytest.mark.parametrize(("backbone", "name"), CASES)
def test_outputs_equal_the_reference(backbone, name, weights):
    case = loading.cases(f"bgmv2/bgmv2_{backbone}.json")[name]
    network = build(backbone, case, weights)
    with torch.inference_mode():
        outputs = network(*inputs(case))
    if case["model"] == "MattingBase":
        pha, fgr, err, hid = outputs
        actual = {"pha": pha, "fgr": fgr, "err": err, "hid": hid[:, ::4]}
    else:
        actual = outputs._asdict()
        assert int(outputs.ref_sm.sum()) == case["selected"]
    for key, array in loading.expected(f"bgmv2/bgmv2_{backbone}.npz", name).items():
        if key == "ref_sm":
            assert torch.equal(actual[key], array)
        else:
            is_exact = key.startswith(("pha", "err"))
            tolerance = ALPHA_TOLERANCE if is_exact else HALF_TOLERANCE
            torch.testing.assert_close(actual[key], array, atol=tolerance, rtol=0, msg=key)


def test_taps_equal_the_reference(weights):
    case = loading.cases("bgmv2/bgmv2_mobilenetv2.json")["base_even"]
    network = build("mobilenetv2", case, weights)
    with torch.inference_mode():
        x1, x2, x3, x4 = network.backbone(torch.cat(inputs(case), dim=1))
        aspp = network.aspp(x4)
    actual = {"x1": x1[:, :8], "x2": x2[:, :8], "x3": x3[:, :8], "x4": x4[:, :8]}
    actual["aspp"] = aspp[:, :64]
    for key, array in loading.expected("bgmv2/bgmv2_mobilenetv2.npz", "tap").items():
        torch.testing.assert_close(actual[key], array, atol=5e-3, rtol=0, msg=key)


def test_threshold_is_exclusive(weights):
    """At threshold 0 a cell whose expected error is exactly 0 stays as it is."""
    case = loading.cases("bgmv2/bgmv2_mobilenetv2.json")["sampling_all_prevent"]
    thresholding = dict(case, refine_mode="thresholding", refine_threshold=0.0)
    with torch.inference_mode():
        expected = build("mobilenetv2", case, weights)(*inputs(case))
        actual = build("mobilenetv2", thresholding, weights)(*inputs(case))
    for one, other in zip(actual, expected, strict=True):
        assert torch.equal(one, other)


def test_more_pixels_than_the_picture_has_refines_all_of_it(weights):
    case = loading.cases("bgmv2/bgmv2_mobilenetv2.json")["sampling_all_noprevent"]
    many = dict(case, refine_sample_pixels=10**7)
    with torch.inference_mode():
        expected = build("mobilenetv2", case, weights)(*inputs(case))
        actual = build("mobilenetv2", many, weights)(*inputs(case))
    assert torch.equal(actual.pha, expected.pha)


def test_bad_values_are_refused():
    with pytest.raises(ValueError, match=r"backbone_scale 0\.6"):
        MattingRefine("mobilenetv2", backbone_scale=0.6)
    with pytest.raises(ValueError, match="'vgg'"):
        MattingBase("vgg")
    network = MattingRefine("mobilenetv2")
    with pytest.raises(ValueError, match="multiples of 4"):
        network(torch.zeros(1, 3, 50, 64), torch.zeros(1, 3, 50, 64))
