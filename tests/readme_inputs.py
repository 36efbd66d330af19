"""The files and values that the examples of the plugins' READMEs name, small."""

import json

import cv2
import numpy as np

from development.synthetic.body_capture import keypoints_of, make_capture
from development.synthetic.capture import detect
from infer_multiview_triangulation.data import cameras_to
from infer_multiview_triangulation.multiview_files import write_cameras_toml

FRAMES = 12


def write_pictures(folder):
    """A person and two mattes of it, the empty room, a beach, a street, and videos."""
    noise = np.random.default_rng(7).integers(0, 255, (12, 16, 3), np.uint8)
    room = cv2.resize(noise, (160, 120), interpolation=cv2.INTER_CUBIC)
    person = room.copy()
    person[30:120, 60:100] = (60, 60, 200)
    pictures = {"person.png": person, "empty_room.png": room}
    pictures |= {"beach.png": room[::-1], "beach.jpg": room[::-1], "street.jpg": person}
    before_screen = np.full_like(room, (70, 165, 45))
    before_screen[30:120, 60:100] = person[30:120, 60:100]
    pictures["green_screen.png"] = before_screen
    for name, picture in pictures.items():
        assert cv2.imwrite(str(folder / name), picture)
    matte = np.where(person == (60, 60, 200), np.uint8(255), np.uint8(0))
    for name, alpha in (("rvm", cv2.blur(matte, (5, 5))), ("background", matte)):
        assert cv2.imwrite(str(folder / f"{name}_alpha.png"), alpha)
    for name, picture in (("dance.mp4", person), ("street.mp4", person), ("alpha.mp4", matte)):
        write_video(folder / name, picture, 6)


def write_video(path, picture, frames):
    """``picture`` (120, 160, 3), shifted from frame to frame."""
    code = cv2.VideoWriter_fourcc(*"mp4v")
    video = cv2.VideoWriter(str(path), code, 10, (160, 120))
    for frame in range(frames):
        video.write(np.roll(picture, 8 * frame, axis=1))
    video.release()


def write_cameras(folder):
    """Two cameras' videos."""
    (folder / "cameras").mkdir()
    for name in ("left", "right"):
        write_video(folder / "cameras" / f"{name}.mp4", cv2.imread(str(folder / "person.png")), 3)


def write_capture(folder):
    """EasyVolcap's folder of one camera."""
    camera = folder / "capture" / "images" / "00"
    camera.mkdir(parents=True)
    assert cv2.imwrite(str(camera / "000000.jpg"), np.full((120, 160, 3), 90, np.uint8))


def write_clips(folder):
    """Two clips of three small pictures with their true mattes, to train on."""
    clips = folder / "my_clips"
    clips.mkdir()
    for clip in range(2):
        for frame in range(3):
            matte = np.zeros((48, 64), np.uint8)
            cv2.circle(matte, (20 + 4 * frame, 20 + 6 * clip), 10, 255, -1)
            picture = np.repeat(60 + matte[..., None] // 2, 3, axis=2)
            assert cv2.imwrite(str(clips / f"original{clip}_{frame}.jpg"), picture)
            assert cv2.imwrite(str(clips / f"gt{clip}_{frame}.png"), matte)


def write_assets(folder):
    """Two foregrounds with their alpha, and two rooms, to train on."""
    for name in ("my_people", "my_rooms"):
        (folder / name).mkdir()
    for number in range(2):
        disc = np.zeros((64, 64, 4), np.uint8)
        cv2.circle(disc, (24 + 8 * number, 32), 20, (40, 60 + 90 * number, 200, 255), -1)
        assert cv2.imwrite(str(folder / "my_people" / f"{number}.png"), disc)
        room = np.full((72, 128, 3), 90 + 60 * number, np.uint8)
        assert cv2.imwrite(str(folder / "my_rooms" / f"{number}.jpg"), room)


def write_motion(folder):
    """OpenPose's files of several views, their calibration, and 3D keypoints.

    ``names.json`` holds what an example takes for granted, as lists.
    """
    capture = make_capture(FRAMES)
    for camera, view in zip(capture.cameras, capture.keypoints2d, strict=True):
        views = folder / "dance" / "openpose" / camera.name
        views.mkdir(parents=True)
        for frame, keypoints in enumerate(np.nan_to_num(view)):
            people = [{"pose_keypoints_2d": keypoints.ravel().tolist()}]
            path = views / f"{camera.name}_{frame:012d}_keypoints.json"
            path.write_text(json.dumps({"people": people}))
    write_cameras_toml(folder / "dance" / "cameras.toml", capture.cameras)
    np.savez(
        folder / "keypoints3d.npz",
        keypoints3d=capture.keypoints / 100,
        fps=60.0,
        units="m",
        skeleton="body25",
    )
    points = keypoints_of(capture.model, capture.poses, capture.transl, convention="coco17")
    two = capture.cameras[:2]
    seen = np.nan_to_num(detect(100 * points, two, "coco17"))
    names = {
        "points": points.tolist(),
        "keypoints": seen.tolist(),
        "cameras": cameras_to(two),
    }
    (folder / "names.json").write_text(json.dumps(names))
