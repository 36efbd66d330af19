"""The engine: every method's promise on known scenes, on real ones, and on odd input."""

import functools
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from development.synthetic.scenes import Scene, make_scene, metrics
from extract_background.extract_background_kit.picture_files import folder_pictures, read_picture
from extract_background.extract_background_kit.stopping import Stopped
from extract_background.plate_estimation import FrameStore, PlateOptions, Sampling, estimate_plate
from extract_background.plate_estimation.gain import _median
from extract_background.plate_estimation.reading import store_of_video

ROOT = Path(__file__).resolve().parents[2]
READING = Sampling(max_frames=200, stride=1, memory_budget_mb=1024)


@functools.cache
def drawn(name, **options):
    """A scene that no test may change."""
    scene = make_scene(name, seed=11, **options)
    for part in (scene.frames, scene.mattes, scene.background):
        part.flags.writeable = False
    return scene


def store_of(frames, mattes=None, **options):
    store = FrameStore(**options)
    for index, frame in enumerate(frames):
        store.add(frame, None if mattes is None else mattes[index])
    return store


def estimate(scene, method, *, with_mattes=True, **options):
    store = store_of(scene.frames, scene.mattes if with_mattes else None)
    return estimate_plate(store, PlateOptions(method=method, **options))


@pytest.mark.parametrize(
    ("name", "limit"),
    [("moving", 0.25), ("longstay", 0.25), ("dance", 0.25), ("drift", 0.35), ("hole", 0.77)],
)
def test_robust_keeps_its_promise_with_bad_mattes(name, limit):
    scene = drawn(name)
    assert metrics(estimate(scene, "robust").background, scene.background)[0] <= limit


def test_gain_alignment_is_what_helps_against_drift():
    scene = drawn("drift")
    with_it = metrics(estimate(scene, "robust").background, scene.background)[0]
    without = metrics(estimate(scene, "robust", gain_alignment=False).background, scene.background)[
        0
    ]
    assert with_it < 0.5 * without


@pytest.mark.parametrize("method", ["weighted_median", "alpha_mean", "masked_mean"])
def test_other_methods_come_close(method):
    scene = drawn("moving")
    assert metrics(estimate(scene, method).background, scene.background)[0] < 1.5


def test_bootstrap_beats_the_median_without_mattes():
    scene = drawn("dance")
    results = [
        metrics(estimate(scene, m, with_mattes=False).background, scene.background)[0]
        for m in ("bootstrap", "median")
    ]
    assert results[0] < 0.5 * results[1]


@pytest.mark.parametrize("frames_with", [8, 16])
def test_what_is_put_down_or_taken_away_is_no_background(frames_with):
    wall = make_scene("moving", seed=5, moments=[]).background[:120, :160]
    rng = np.random.default_rng(frames_with)
    frames = np.repeat(wall[None], 24, axis=0).astype(float)
    frames[-frames_with:, 40:80, 50:90] = (30, 90, 160)
    frames += rng.normal(0, 3, frames.shape)
    plate = estimate_plate(store_of(np.clip(np.rint(frames), 0, 255).astype(np.uint8)))
    age, worst = metrics(plate.background, wall)
    assert age < 1 and worst < 0.001
    assert plate.coverage[60, 70] == pytest.approx(1 - frames_with / 24, abs=0.05)
    assert plate.coverage[10, 10] == 1


def test_bootstrap_tells_how_often_each_pixel_was_seen():
    scene = drawn("moving", bad_mattes=False)
    frames, mattes = scene.frames[::5].copy(), scene.mattes[::5].copy()
    frames[:, :60, :80] = (90, 120, 150)
    mattes[:, :60, :80] = 0
    frames[:, 180:, 240:] = (200, 180, 160)
    mattes[:, 180:, 240:] = 0
    coverage = estimate_plate(store_of(frames)).coverage
    truly = (mattes < 128).mean(axis=0)
    static = truly > 0
    assert np.abs(coverage - truly)[static].mean() < 0.05
    assert np.corrcoef(coverage[static], truly[static])[0, 1] > 0.8
    assert coverage[5:55, 5:75].min() == coverage[185:, 245:].min() == 1


@pytest.mark.parametrize("with_mattes", [True, False])
def test_only_a_camera_that_moves_is_warned_of(with_mattes):
    scene = make_scene("moving", seed=11, moments=range(0, 150, 8))
    fixed = estimate(scene, "auto", with_mattes=with_mattes).report
    assert fixed["unlike_share"] < (0.02 if with_mattes else 0.12)
    assert fixed["warnings"] == []
    panned = Scene(
        *(
            np.stack([np.roll(x, 12 * index, axis=1) for index, x in enumerate(stack)])
            for stack in (scene.frames, scene.mattes)
        ),
        scene.background,
    )
    report = estimate(panned, "auto", with_mattes=with_mattes).report
    assert report["unlike_share"] > 0.3
    assert "the camera seems to move" in report["warnings"][-1]


def test_polish_improves_the_mixture():
    whole, rows, columns = drawn("moving"), slice(60, 200), slice(40, 180)
    part = whole.frames[:, rows, columns], whole.mattes[:, rows, columns]
    scene = Scene(*part, whole.background[rows, columns])
    polished = metrics(estimate(scene, "gmm").background, scene.background)[0]
    notebook = metrics(estimate(scene, "gmm", polish=False).background, scene.background)[0]
    assert polished < min(notebook, 1.5)


def test_truncation_costs_half_a_level():
    scene = drawn("moving", bad_mattes=False)
    rounded, cut = (
        estimate(scene, "alpha_mean", truncate=t, gain_alignment=False).background.astype(float)
        for t in (False, True)
    )
    assert (rounded - cut).mean() == pytest.approx(0.5, abs=0.1)


def test_hall_and_monitor_keeps_its_promise(shared):
    folder = shared / "data" / "hall_and_monitor"
    truth = read_picture(folder / "ground_truth.png")
    pictures = [p for p in folder_pictures(folder) if p.name.startswith("Hall")]
    store = store_of([read_picture(p) for p in pictures])
    median = PlateOptions(method="median", gain_alignment=False)
    age, worst = metrics(estimate_plate(store, median).background, truth)
    assert age == pytest.approx(3.16, abs=0.01)
    assert 100 * worst == pytest.approx(1.11, abs=0.01)
    age, worst = metrics(estimate_plate(store).background, truth)
    assert age <= 2.40
    assert 100 * worst <= 0.21


def test_notebooks_clip_looks_like_its_published_background(shared):
    folder = shared / "data" / "traffic"
    store = store_of_video(folder / "traffic.avi", None, color_matrix="auto", sampling=READING)
    published = read_picture(folder / "notebook_background.png")
    plate = estimate_plate(store, PlateOptions(method="gmm", polish=False, gain_alignment=False))
    assert metrics(plate.background, published[: plate.background.shape[0]])[0] < 4


def test_hole_is_reported_and_filled():
    frames = np.full((12, 40, 60, 3), 90, np.uint8)
    mattes = np.zeros((12, 40, 60), np.uint8)
    mattes[:, 10:20, 20:30] = 255
    plate = estimate_plate(store_of(frames, mattes))
    assert plate.holes.sum() == 100
    assert plate.coverage[15, 25] == 0
    assert plate.coverage[0, 0] == 1
    assert plate.report["hole_share"] == pytest.approx(100 / 2400)
    assert np.abs(plate.background.astype(int) - 90).max() <= 1
    bare = estimate_plate(store_of(frames, mattes), PlateOptions(fill_holes=False))
    assert bare.background[15, 25].sum() == 0


def test_store_stays_within_its_budget_and_spreads_evenly():
    store = FrameStore(max_frames=10)
    for index in range(95):
        store.add(np.full((4, 4, 3), index, np.uint8))
    kept = store.frames[:, 0, 0, 0].astype(int)
    assert 5 <= len(kept) <= 10
    assert len(set(np.diff(kept))) == 1
    assert kept[-1] >= 80


def test_small_copies_are_of_the_frames_that_are_kept():
    """A store that was full, thinned out and filled up again holds as many frames, but others."""
    store = FrameStore(max_frames=4)
    kept = []
    for level in range(8):
        store.add(np.full((48, 480, 3), 10 * level, np.uint8))
        if level in (3, 7):
            kept.append(store.shrunk().frames[:, 0, 0, 0].tolist())
    assert kept == [[0, 10, 20, 30], [0, 20, 40, 60]]


@pytest.mark.parametrize("top", [1.0, np.float32(0.9), True])
def test_a_matte_of_floats_is_no_mask_of_ones(top):
    frames = np.full((6, 40, 60, 3), 90, np.uint8)
    mattes = np.zeros((6, 40, 60), np.asarray(top).dtype)
    mattes[:, 10:20, 20:30] = top
    warnings = estimate_plate(store_of(frames, mattes)).report["warnings"]
    assert not any("masks of 0 and 1" in text for text in warnings)
    ones = estimate_plate(store_of(frames, (mattes > 0).astype(np.uint8))).report["warnings"]
    assert any("masks of 0 and 1" in text for text in ones)


def test_large_stores_lie_on_disk_and_not_in_memory():
    process = psutil.Process()
    store = FrameStore(max_frames=60, memory_budget_mb=16)
    frame, matte = np.full((720, 1280, 3), 7, np.uint8), np.zeros((720, 1280), np.uint8)
    before = process.memory_info().rss
    for _ in range(60):
        store.add(frame, matte)
    assert isinstance(store.frames, np.memmap)
    assert store.frames.nbytes > 150e6
    assert process.memory_info().rss - before < 60e6
    assert all((f == 7).all() and (w == 255).all() for f, w in store.each())


def test_a_few_frames_that_are_expected_stay_in_memory():
    store = FrameStore(max_frames=60, memory_budget_mb=16, expected=4)
    for _ in range(4):
        store.add(np.zeros((720, 1280, 3), np.uint8), np.zeros((720, 1280), np.uint8))
    assert not isinstance(store.frames, np.memmap)
    assert store.count == 4 and store.stride == 1


def test_safe_weights_are_those_of_the_whole_picture():
    from extract_background.plate_estimation.per_pixel import _safe_weights

    mattes = np.zeros((5, 70, 90), np.uint8)
    for index, matte in enumerate(mattes):
        cv2.circle(matte, (40 + 2 * index, 36), 12, 255, -1)
        cv2.circle(matte, (40 + 2 * index, 36), 14, 120, 2)
    weights = 255 - mattes
    box = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))

    def squared(weights):
        return np.where(weights < 40, 0, weights.astype(int) ** 2 // 255)

    plain, eroded = squared(weights), squared(np.stack([cv2.erode(w, box) for w in weights]))
    expected = np.where((eroded > 0).any(axis=0), eroded, plain)
    assert (expected != eroded).any()
    for top in range(0, 70, 32):
        rows = slice(top, min(top + 32, 70))
        assert np.array_equal(_safe_weights(weights, rows, 3), expected[:, rows])


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_the_gains_median_leaves_out_what_is_not_known():
    values = np.random.default_rng(1).uniform(1, 9, (6, 5, 7, 3)).astype(np.float32)
    values[values > 5] = np.nan
    values[:, 0, 0], values[2] = np.nan, np.nan
    for axis in (0, (1, 2)):
        assert np.array_equal(_median(values, axis), np.nanmedian(values, axis), equal_nan=True)


def test_mattes_may_come_late_in_any_type_and_size():
    store = FrameStore()
    frame = np.zeros((20, 30, 3), np.uint8)
    assert store.add(frame)
    for matte in (
        np.full((20, 30), True),
        np.full((20, 30), 65535, np.uint16),
        np.ones((10, 15), np.float32),
        np.full((40, 60, 3), 252, np.uint8),
    ):
        store.add(frame, matte)
    assert store.weights[0].min() == 255
    assert store.weights[1:].max() == 0
    assert "1 of 5 frames had no matte" in " ".join(estimate_plate(store).report["warnings"])


def test_masks_of_zero_and_one_are_warned_of():
    frames, masks = np.zeros((6, 8, 8, 3), np.uint8), np.ones((6, 8, 8), np.uint8)
    warnings = estimate_plate(store_of(frames, masks)).report["warnings"]
    assert any("scale masks of 0 and 1" in text for text in warnings)


def test_importing_the_engine_does_not_import_numba():
    script = "import sys, extract_background.plate_estimation as p; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr


def test_one_frame_gives_itself_and_a_warning():
    frame = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    plate = estimate_plate(store_of([frame]))
    assert np.abs(plate.background.astype(int) - frame).max() <= 1
    assert "only 1 frames" in plate.report["warnings"][0]


def test_bad_input_is_refused_by_name():
    with pytest.raises(ValueError, match="no frame"):
        estimate_plate(FrameStore())
    with pytest.raises(ValueError, match="'magic'"):
        estimate_plate(store_of([np.zeros((4, 4, 3), np.uint8)]), PlateOptions(method="magic"))
    with pytest.raises(ValueError, match="needs mattes"):
        estimate_plate(store_of([np.zeros((4, 4, 3), np.uint8)]), PlateOptions(method="robust"))
    store = store_of([np.zeros((4, 4, 3), np.uint8)])
    with pytest.raises(ValueError, match="one size"):
        store.add(np.zeros((5, 4, 3), np.uint8))


def test_stopping_interrupts_the_estimate():
    with pytest.raises(Stopped):
        estimate_plate(store_of(make_scene("moving").frames[:5]), None, lambda: True)


@pytest.mark.parametrize("method", ["robust", "bootstrap", "median", "gmm", "alpha_mean"])
def test_progress_grows_to_the_whole(method):
    rng = np.random.default_rng(0)
    store = FrameStore()
    for _ in range(6):
        store.add(rng.integers(0, 255, (70, 40, 3), np.uint8), np.zeros((70, 40), np.uint8))
    told = []
    estimate_plate(store, PlateOptions(method=method), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1 and len(told) > 8
    # All but what follows the last pass is told of in its time.
    assert told[-2] == pytest.approx(1)
