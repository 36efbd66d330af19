"""Temporal refinement: the promised figures, and where a sequence begins anew."""

import functools

import cv2
import numpy as np
import pytest

from development.synthetic.scenes import PROMISED, make_flow_scene
from infer_flow_matting.flow_matting_engine import DisFlow, FlowRefiner, refine_clip
from infer_flow_matting.flow_matting_engine.warping import (
    even_share,
    flow_confidence,
    forward_backward_error,
    median_of_three,
    warp,
)
from plugin_kit.flow.dense_flow import upscaled_flow
from plugin_kit.flow.matte_metrics import score_clip


@functools.cache
def drawn(name, seed=0):
    """A clip's scene and its coarse mattes' score."""
    scene = make_flow_scene(name, seed)
    return scene, score_clip(scene.coarse, scene.truth)


def test_parts_alone_say_the_same_as_the_whole_picture(scene):
    """The median is found along edges only; over the whole picture it is the same one."""
    height, width = 3 * scene.coarse.shape[1], 3 * scene.coarse.shape[2]
    frames = [cv2.resize(frame, (width, height)) for frame in scene.frames[:3]]
    mattes = [cv2.resize(matte, (width, height)) for matte in scene.coarse[:3]]
    flow = DisFlow(scene.coarse.shape[2])
    middle = list(refine_clip(frames, mattes, flow=flow, cut_threshold=0))[1].alpha
    small = [
        cv2.resize(f, (scene.coarse.shape[2], scene.coarse.shape[1]), interpolation=3)
        for f in frames
    ]
    flows = [flow(small[1], small[n]) for n in (0, 2)]
    assert not np.array_equal(middle, mattes[1])
    large = [upscaled_flow(x, height, width) for x in flows]
    brought = [warp(mattes[n], x) for n, x in zip((0, 2), large, strict=True)]
    median = median_of_three(brought[0], mattes[1], brought[1])
    # What is not the matte's own is on the way to the median.
    changed = np.abs(middle - mattes[1]) > 0.02
    assert changed.mean() > 0.001
    step = (middle - mattes[1])[changed] / (median - mattes[1])[changed]
    assert np.quantile(step, 0.02) > 0 and np.quantile(step, 0.98) < 1.1


def alphas_of(results):
    return np.stack([result.alpha for result in results])


@pytest.fixture(scope="module")
def scene():
    return make_flow_scene("moving", frames=12)


@pytest.mark.parametrize("name", PROMISED)
@pytest.mark.parametrize("seed", [0, 1])
def test_median_along_the_flow_keeps_its_promise(name, seed):
    scene, coarse = drawn(name, seed)
    refined = score_clip(alphas_of(refine_clip(scene.frames, scene.coarse)), scene.truth)
    assert refined.dtssd <= (1 - 0.24) * coarse.dtssd
    assert refined.mse <= (1 - 0.15) * coarse.mse
    assert refined.mad <= coarse.mad
    assert refined.dice >= coarse.dice


@pytest.mark.parametrize("name", PROMISED)
def test_causal_blend_is_steadier_than_the_coarse_matte(name):
    scene, coarse = drawn(name)
    refined = score_clip(alphas_of(refine_clip(scene.frames, scene.coarse, "causal")), scene.truth)
    assert refined.dtssd <= 0.9 * coarse.dtssd
    assert refined.mse <= 0.9 * coarse.mse


def test_true_mattes_are_hardly_touched(scene):
    refined = score_clip(alphas_of(refine_clip(scene.frames, scene.truth)), scene.truth)
    assert refined.mad < 0.5
    assert refined.dice > 0.998


def test_nothing_is_written_into_the_inputs(scene):
    frames, mattes = scene.frames.copy(), scene.coarse.copy()
    for method in ("median", "causal"):
        list(refine_clip(frames, mattes, method))
    np.testing.assert_array_equal(frames, scene.frames)
    np.testing.assert_array_equal(mattes, scene.coarse)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("method", ["median", "causal"])
def test_every_frame_gets_its_result_in_order(scene, method, count):
    results = list(refine_clip(scene.frames[:count], scene.coarse[:count], method))
    assert len(results) == count
    for result, frame in zip(results, scene.frames, strict=False):
        assert result.frame is frame or np.shares_memory(result.frame, frame)
        assert result.alpha.dtype == result.flow.dtype == result.confidence.dtype == np.float32
        assert result.alpha.min() >= 0 and result.alpha.max() <= 1
    assert [result.begins for result in results] == [index == 0 for index in range(count)]


@pytest.mark.parametrize("method", ["median", "causal"])
def test_a_scene_cut_begins_anew(scene, method):
    other = make_flow_scene("dance", seed=5, frames=4)
    frames = [*scene.frames[:4], *other.frames]
    mattes = [*scene.coarse[:4], *other.coarse]
    results = list(refine_clip(frames, mattes, method))
    assert [index for index, result in enumerate(results) if result.begins] == [0, 4]
    apart = [
        *refine_clip(scene.frames[:4], scene.coarse[:4], method),
        *refine_clip(other.frames, other.coarse, method),
    ]
    np.testing.assert_array_equal(alphas_of(results), alphas_of(apart))


def test_cuts_are_not_looked_for_when_switched_off(scene):
    frames = [scene.frames[0], 255 - scene.frames[0]]
    assert [r.begins for r in refine_clip(frames, scene.coarse[:2])] == [True, True]
    results = refine_clip(frames, scene.coarse[:2], cut_threshold=0)
    assert [r.begins for r in results] == [True, False]


def test_strong_noise_is_not_taken_for_cuts(scene):
    """Only the first pair, which has nothing to be compared with, can be."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 25, scene.frames.shape)
    noisy = np.clip(scene.frames + noise, 0, 255).astype(np.uint8)
    begins = [result.begins for result in refine_clip(noisy, scene.coarse)]
    assert begins[0] and not any(begins[2:])


def test_another_size_begins_anew_and_loses_no_frame(scene):
    small = np.ascontiguousarray(scene.frames[3][::2, ::2])
    refiner = FlowRefiner()
    assert refiner.push(scene.frames[0], scene.coarse[0]) is None
    owed = refiner.push(small, np.ascontiguousarray(scene.coarse[3][::2, ::2]))
    assert owed.alpha.shape == (240, 320)
    last = refiner.flush()
    assert last.begins and last.alpha.shape == (120, 160)
    assert refiner.flush() is None


def test_the_causal_way_never_looks_ahead(scene):
    full = alphas_of(refine_clip(scene.frames, scene.coarse, "causal"))
    half = alphas_of(refine_clip(scene.frames[:6], scene.coarse[:6], "causal"))
    np.testing.assert_array_equal(full[:6], half)


def test_more_frames_than_mattes_is_an_error(scene):
    with pytest.raises(ValueError, match="shorter"):
        list(refine_clip(scene.frames[:3], scene.coarse[:2]))


def test_bad_mattes_are_named(scene):
    with pytest.raises(ValueError, match=r"float32 of that size.*uint8"):
        FlowRefiner().push(scene.frames[0], np.zeros((240, 320), np.uint8))
    with pytest.raises(ValueError, match="neither median nor causal"):
        FlowRefiner("mean")


def test_median_of_three_is_numpys():
    values = np.random.default_rng(0).random((3, 20, 30), dtype=np.float32)
    np.testing.assert_array_equal(median_of_three(*values), np.median(values, axis=0))


@pytest.mark.parametrize("long_side", [160, 640])
def test_flow_finds_a_known_shift_at_any_working_size(long_side):
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.uniform(0, 255, (240, 320, 3)).astype(np.float32), (0, 0), 4)
    first = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    second = np.roll(first, (3, 6), axis=(0, 1))
    flow = DisFlow(long_side)(first, second)
    assert flow.shape == (240, 320, 2) and flow.dtype == np.float32
    middle = flow[40:-40, 40:-40]
    np.testing.assert_allclose(np.median(middle, axis=(0, 1)), (6, 3), atol=0.3)
    np.testing.assert_allclose(warp(second, flow)[40:-40, 40:-40], first[40:-40, 40:-40], atol=40)
    back = DisFlow(long_side)(second, first)
    assert np.median(forward_backward_error(flow, back)[40:-40, 40:-40]) < 0.3


def test_confidence_falls_with_either_error():
    errors = np.array([[0.0, 1.0, 0.0]], np.float32), np.array([[0.0, 0.0, 12.0]], np.float32)
    np.testing.assert_allclose(flow_confidence(*errors), [[1, np.exp(-1), np.exp(-1)]], rtol=1e-6)


def test_motion_that_no_flow_follows_leaves_the_matte_as_it_is():
    rng = np.random.default_rng(5)
    still, moving = (
        np.kron(rng.integers(0, 256, (n, n, 3)), np.ones((4, 4, 1))).astype(np.uint8)
        for n in (40, 8)
    )
    frames, alphas = [], []
    for left in (5, 64, 120):
        frame, alpha = still.copy(), np.zeros((160, 160), np.float32)
        frame[60:92, left : left + 32], alpha[60:92, left : left + 32] = moving, 1
        frames.append(frame)
        alphas.append(alpha)
    middle = list(refine_clip(frames, alphas))[1].alpha
    assert middle[60:92, 64:96].mean() > 0.7


def test_a_hand_as_bright_as_the_wall_behind_it_is_not_voted_away():
    """It moves by more than its width: along the flow both neighbours bring the wall."""
    wall, skin = (188, 180, 164), (214, 168, 140)
    frames = np.full((3, 160, 160, 3), wall, np.uint8)
    alphas = np.zeros((3, 160, 160), np.float32)
    for frame, alpha, left in zip(frames, alphas, (5, 64, 120), strict=True):
        frame[60:92, left : left + 32], alpha[60:92, left : left + 32] = skin, 1
    middle = list(refine_clip(frames, alphas))[1].alpha
    assert middle[60:92, 64:96].mean() > 0.85


@pytest.mark.parametrize("method", ["median", "causal"])
def test_what_was_lost_in_a_frame_comes_back_without_the_stripes_of_the_trust(method):
    """In the dark the flow goes one way in one row of patches, and another way in the next."""
    frames = np.full((3, 120, 160, 3), 20, np.uint8)
    alphas = np.zeros((3, 120, 160), np.float32)
    alphas[[0, 2], 20:100, :80] = 1

    def flow(first, second):
        sideways = 6 * (np.arange(len(first)) // 8 % 2)
        return np.stack([np.tile(sideways[:, None], 160), np.zeros((120, 160))], -1, dtype="f4")

    results = list(refine_clip(frames, alphas, method, flow=flow))
    assert np.ptp(results[1].confidence[:, 20:60].mean(axis=1)) > 0.99
    came_back = results[1].alpha[36:84, 16:60]
    assert np.ptp(came_back) < 0.15
    assert 0.3 < came_back.mean() < 0.7


def test_what_stands_still_has_no_say_in_the_share_of_what_changes():
    share, step = np.ones((60, 80), np.float32), np.zeros((60, 80), np.float32)
    share[20:40, 20:50], step[20:40, 20:50] = 0.25, -1
    even = even_share(share, step)
    np.testing.assert_allclose(even[20:40, 20:50], 0.25, atol=0.01)
    np.testing.assert_allclose(even[:2, -2:], 1, atol=1e-5)
