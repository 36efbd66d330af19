"""The plugin through the real Ikomia API."""

from fractions import Fraction

import numpy as np
import pytest

from development.synthetic.scenes import make_flow_scene
from infer_flow_matting.flow_matting_engine import FlowRefiner, refine_clip
from infer_flow_matting.matte_files import RefinedFiles, SourceFiles
from plugin_kit.pictures import as_alpha, blend, plain
from plugin_kit.video import VideoInfo, VideoReader
from workflows.media.video_writer import VideoSink

NAME = "infer_flow_matting"
FRAMES = 6


@pytest.fixture(scope="module")
def scene():
    return make_flow_scene("moving", frames=FRAMES)


@pytest.fixture(scope="module")
def files(scene, tmp_path_factory):
    """A video and its mattes' video; what a reader sees of them."""
    folder, rate = tmp_path_factory.mktemp("clips"), Fraction(25)
    mattes = [np.repeat(np.rint(m * 255).astype(np.uint8)[..., None], 3, 2) for m in scene.coarse]
    for name, pictures in (("clip.mp4", scene.frames), ("alpha.mp4", mattes)):
        with VideoSink(folder / name, 320, 240, rate, 1 / rate) as sink:
            for index, picture in enumerate(pictures):
                sink.write(picture, index)
    frames, mattes = (
        [frame.image for frame in VideoReader(VideoInfo.from_path(folder / name))]
        for name in ("clip.mp4", "alpha.mp4")
    )
    alphas = [as_alpha(matte, 240, 320) for matte in mattes]
    return str(folder / "clip.mp4"), str(folder / "alpha.mp4"), frames, alphas


@pytest.fixture
def task_of(workflow_of):
    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        task.set_parameters({k: str(v) for k, v in parameters.items()})
        return workflow, task

    return build


def push(workflow, task, frame, matte):
    workflow.set_image_input(array=frame, index=0)
    workflow.set_image_input(array=np.rint(matte * 255).astype(np.uint8), index=1)
    if not workflow.get_in_edges(workflow.get_task_id(task)):
        workflow.connect_tasks(workflow.root(), task, [(0, 0), (1, 1)])
    workflow.run()
    return task.get_output(3).get_array().copy()


def run_videos(workflow, task, *paths):
    """Run a video (and its mattes' video) through, and collect each frame's exact alpha."""
    process, collected = type(task).run, []

    def run(self):
        process(self)
        collected.append(self.get_output(3).get_array().copy())

    for index, path in enumerate(paths):
        workflow.set_video_input(path=path, index=index)
    if not workflow.get_in_edges(workflow.get_task_id(task)):
        workflow.connect_tasks(workflow.root(), task, [(i, i) for i in range(len(paths))])
    workflow.set_cfg_entry("WholeVideo", "1")
    type(task).run = run
    try:
        workflow.run()
    finally:
        type(task).run = process
    return np.stack(collected)


def expected(frames, alphas, method="median"):
    return np.stack([result.alpha for result in refine_clip(frames, alphas, method)])


def rounded(matte):
    return np.rint(matte * 255).astype(np.uint8).astype(np.float32) / 255


def test_outputs_come_in_the_documented_order(task_of, scene):
    workflow, task = task_of(composite_color="10,20,30")
    exact = push(workflow, task, scene.frames[0], scene.coarse[0])
    composite, alpha, frame = (task.get_output(i).get_image() for i in range(3))
    np.testing.assert_array_equal(frame, scene.frames[0])
    expected = blend(frame, exact, plain((10, 20, 30), 240, 320))
    np.testing.assert_array_equal(composite, expected)
    assert exact.shape == (240, 320) and exact.dtype == np.float32
    np.testing.assert_allclose(np.squeeze(alpha), exact * 255, atol=0.51)
    assert not np.any(task.get_output(4).get_image())
    assert task.get_output(5).get_array().shape == (240, 320, 2)


def test_a_picture_alone_keeps_its_matte(task_of, scene):
    workflow, task = task_of()
    for frame, matte in zip(scene.frames[:2], scene.coarse[:2], strict=True):
        np.testing.assert_allclose(push(workflow, task, frame, matte), rounded(matte), atol=1e-6)


def test_a_stream_is_refined_from_its_past(task_of, scene):
    workflow, task = task_of(sequence="stream")
    alphas = [rounded(matte) for matte in scene.coarse]
    for frame, matte, alpha in zip(
        scene.frames, scene.coarse, expected(scene.frames, alphas, "causal"), strict=True
    ):
        np.testing.assert_allclose(push(workflow, task, frame, matte), alpha, atol=1e-5)
    assert task.get_output(4).get_image().mean() > 20


def test_a_delayed_stream_publishes_the_frame_before(task_of, scene):
    workflow, task = task_of(sequence="stream", timing="delayed")
    alphas = expected(scene.frames, [rounded(matte) for matte in scene.coarse])
    shown = []
    for index, (frame, matte) in enumerate(zip(scene.frames, scene.coarse, strict=True)):
        shown.append(push(workflow, task, frame, matte))
        belongs_to = scene.frames[max(0, index - 1)]
        np.testing.assert_array_equal(task.get_output(2).get_image(), belongs_to)
    np.testing.assert_allclose(np.stack(shown[1:]), alphas[:-1], atol=1e-5)


def test_videos_are_refined_with_both_neighbours(task_of, files):
    clip, mattes, frames, alphas = files
    workflow, task = task_of()
    for _ in range(2):
        result = run_videos(workflow, task, clip, mattes)
        np.testing.assert_allclose(result, expected(frames, alphas), atol=2e-2)
        assert np.abs(result - expected(frames, alphas)).mean() < 1e-3


def test_mattes_can_be_named_by_a_parameter(task_of, files):
    clip, mattes, frames, alphas = files
    workflow, task = task_of(alpha_video_path=mattes)
    result = run_videos(workflow, task, clip)
    np.testing.assert_allclose(result, expected(frames, alphas), atol=2e-2)


def test_causal_videos_start_anew_each_time(task_of, files):
    clip, mattes, frames, alphas = files
    workflow, task = task_of(timing="causal")
    first, second = (run_videos(workflow, task, clip, mattes) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - expected(frames, alphas, "causal")).mean() < 5e-3


def test_beginning_in_the_middle_falls_back_to_the_past(files, caplog):
    from infer_flow_matting.flow_matting_engine import DisFlow
    from infer_flow_matting.sessions import FilesSession

    clip, mattes, frames, alphas = files
    session = FilesSession(DisFlow(), 10)
    # One pixel a frame is less than what decoders differ by, so a mirrored picture stands in.
    mirrored = np.ascontiguousarray(frames[3][:, ::-1])
    session.begin(SourceFiles(clip, mattes))
    np.testing.assert_array_equal(session.advance(mirrored, alphas[3], 1).alpha, alphas[3])
    assert "do not begin with what the inputs show" in caplog.text
    session.begin(SourceFiles(clip, mattes))
    with pytest.raises(ValueError, match="run the video from its start"):
        session.advance(mirrored, None, 1)
    # Another task's mattes that only carry the file's path are noticed by the first of them.
    session.begin(SourceFiles(clip, mattes, are_shown=True))
    inverted = 1 - alphas[0]
    np.testing.assert_array_equal(session.advance(frames[0], inverted, 1).alpha, inverted)


def test_too_few_mattes_are_told(files, tmp_path, scene):
    clip, _, _, _ = files
    rate = Fraction(25)
    with VideoSink(tmp_path / "short.mp4", 320, 240, rate, 1 / rate) as sink:
        for index, picture in enumerate(scene.frames[:3]):
            sink.write(picture, index)
    from infer_flow_matting.flow_matting_engine import DisFlow

    short = RefinedFiles(SourceFiles(clip, str(tmp_path / "short.mp4")), DisFlow(), 10)
    with pytest.raises(ValueError, match=r"short\.mp4 end after 3 frames"):
        short.advance(FRAMES)


@pytest.mark.parametrize("edge", [(3, 2), (1, 1)])
def test_behind_another_matting_task_its_mattes_are_refined(workflow_of, tmp_path, scene, edge):
    import torch

    from tests.golden import loading

    keys = "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json"
    torch.save(loading.state_dict("rvm", keys), tmp_path / "seeded.pth")
    rate = Fraction(25)
    with VideoSink(tmp_path / "clip.mp4", 128, 96, rate, 1 / rate) as sink:
        for index, picture in enumerate(scene.frames):
            sink.write(np.ascontiguousarray(picture[80:176, :128]), index)
    workflow, (matting, task) = workflow_of("infer_rvm", NAME)
    matting.set_parameters({"model_weight_file": str(tmp_path / "seeded.pth")})
    process, collected = type(task).run, []

    def run(self):
        process(self)
        coarse = matting.get_output(3).get_array()
        coarse = coarse.copy() if edge[0] == 3 else rounded(coarse)
        collected.append((self.get_output(2).get_image().copy(), coarse))

    workflow.set_video_input(path=str(tmp_path / "clip.mp4"), index=0)
    workflow.connect_tasks(workflow.root(), matting, [(0, 0)])
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    workflow.connect_tasks(matting, task, [edge])
    workflow.set_cfg_entry("WholeVideo", "1")
    type(task).run = run
    try:
        workflow.run()
    finally:
        type(task).run = process
    frames, mattes = zip(*collected, strict=True)
    assert len(frames) == FRAMES
    last = expected(frames, mattes, "causal")[-1]
    np.testing.assert_allclose(task.get_output(3).get_array(), last, atol=2e-3)


def test_the_exact_array_wins_over_the_picture(task_of, scene):
    from ikomia.core import IODataType
    from ikomia.dataprocess import CArrayIO

    workflow, task = task_of()
    array = CArrayIO()
    array.set_array(scene.coarse[1])
    workflow.set_image_input(array=scene.frames[0], index=0)
    workflow.add_input(array)
    assert array.data_type == IODataType.ARRAY
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (1, 2)])
    workflow.run()
    np.testing.assert_array_equal(task.get_output(3).get_array(), scene.coarse[1])


def test_the_frame_as_its_own_matte_is_refused(task_of, scene):
    workflow, task = task_of()
    workflow.set_image_input(array=scene.frames[0], index=0)
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (0, 1)])
    with pytest.raises(RuntimeError, match="is the frame itself"):
        workflow.run()


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({}, "needs the coarse matte"),
        ({"timing": "centred"}, "timing=centred reads the next matte ahead"),
        ({"alpha_video_path": "mattes.mp4"}, "read beside a video at input 0"),
        ({"mode": "network"}, "mode=network needs model_weight_file"),
        ({"flow": "raft"}, "flow=raft needs flow_weight_file"),
    ],
)
def test_what_is_missing_is_named(task_of, scene, parameters, message):
    workflow, task = task_of(**parameters)
    workflow.set_image_input(array=scene.frames[0], index=0)
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    with pytest.raises(RuntimeError, match=message):
        workflow.run()


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": "smooth"},
        {"timing": "late"},
        {"flow_size": "8"},
        {"scene_cut": "-1"},
        {"composite_color": "1,2,300"},
    ],
)
def test_bad_value_leaves_the_old_ones(bad):
    from infer_flow_matting.parameters import InferFlowMattingParam

    parameters = InferFlowMattingParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "sequence": "stream", **bad})
    assert parameters.get_values() == before


@pytest.mark.parametrize(
    "image, value",
    [
        (np.full((4, 6), 255, np.uint8), 1),
        (np.full((4, 6), 1, np.uint8), 1 / 255),
        (np.full((4, 6, 1), 65535, np.uint16), 1),
        (np.full((4, 6, 3), 51, np.uint8), 0.2),
        (np.full((4, 6, 4), 0.5, np.float64), 0.5),
        (np.full((4, 6), True), 1),
        (np.full((4, 6), np.nan, np.float32), 0),
    ],
)
def test_mattes_of_every_kind_are_taken(image, value):
    matte = as_alpha(image, 8, 12)
    assert matte.shape == (8, 12) and matte.dtype == np.float32
    np.testing.assert_allclose(matte, value, atol=1e-6)


def test_a_refiner_holds_three_frames_only(scene):
    import weakref

    class Frame(np.ndarray):
        pass

    refiner, seen = FlowRefiner(), []
    for frame, matte in zip(scene.frames, scene.coarse, strict=True):
        own = frame.copy().view(Frame)
        seen.append(weakref.ref(own))
        refiner.push(own, matte)
        del own
    assert sum(reference() is not None for reference in seen) <= 3
