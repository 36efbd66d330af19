"""The Ikomia task that finds people: parameters, inputs, engine, outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_people.drawing import colour_of, draw_people, links_of, sheet
from infer_people.infer_people_kit.factories import (
    Metadata,
    PluginParamFactory,
    PluginTaskFactory,
)
from infer_people.infer_people_kit.keypoints.skeletons import SKELETONS
from infer_people.infer_people_kit.person_boxes import person_boxes
from infer_people.infer_people_kit.pictures import as_rgb
from infer_people.infer_people_kit.ports import (
    declare_ports,
    publish_dictionary,
    required_image,
    video_path_at,
)
from infer_people.infer_people_kit.sequence import SequenceWatch
from infer_people.infer_people_kit.task import PluginTask
from infer_people.infer_people_kit.video import frame_at
from infer_people.parameters import InferPeopleParam, Settings
from infer_people.people_files import (
    View,
    ViewPeople,
    arrays_of,
    find_in_views,
    find_views,
    known_keypoints,
    summary_of,
)
from infer_people.people_finding import FinderOptions, FramePeople, PeopleFinder
from infer_people.ports import Input, Output

LABEL = "person"
# An instance that can be counted, of the only class; alpha above it counts as inside.
THING, PERSON_CLASS, OPAQUE = 0, 0, 127
LINK_COLOUR = (255, 255, 255)


class InferPeople(PluginTask, dataprocess.CKeypointDetectionTask):
    """Picture, video frame or folder of videos → people, drawn, keypoints, masks."""

    param_class = InferPeopleParam
    # Told how many frames of a view are done, by a program that shows it.
    when_frame: Callable[[View, int], None] | None = None

    def __init__(self, name: str, param: InferPeopleParam | None) -> None:
        super().__init__(name)
        description = DataDictIO()
        description.name = "people"
        # Kept: only so can an empty detection be told from no detector at all.
        self._unconnected = dataprocess.CObjectDetectionIO()
        declare_ports(
            self,
            inputs=[dataprocess.CImageIO(), self._unconnected],
            outputs=[
                dataprocess.CImageIO(),
                dataprocess.CKeypointsIO(),
                dataprocess.CArrayIO(),
                description,
                dataprocess.CImageIO(),
                dataprocess.CInstanceSegmentationIO(),
            ],
        )
        self.take_parameters(param)
        self._finder: PeopleFinder | None = None
        self._watch = SequenceWatch()
        self._found: tuple[tuple, list[ViewPeople], dict[str, Any]] | None = None
        self._stopped = False

    def init_long_process(self) -> None:
        """Load the networks, so that the first picture does not wait for them."""
        settings = self.get_param_object().settings
        if not settings.videos_path:
            self._finder_of(settings.finder_options)
        super().init_long_process()

    def stop(self) -> None:
        """End a search through videos at the next frame."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Find the people of the current picture, or of the videos.

        Raises:
            ValueError, OSError: An input, a file or a parameter cannot be used.
            Stopped: The task was stopped; nothing was published, finished views are kept.
        """
        self._stopped = False
        settings = self.get_param_object().settings
        views, image = [], None
        if settings.videos_path:
            views = find_views(settings.videos_path)
        else:
            image = required_image(self, Input.SOURCE, "a picture or a video; or set videos_path")
        if all(self.get_input(port) is not None for port in Input):
            # It refuses a task whose root hands over nothing, which is right with paths alone.
            self.begin_task_run()
        self.emit_step_progress()
        if image is None:
            drawn = self._search_views(views, settings)
        else:
            drawn = self._search_picture(image, settings)
        self.emit_step_progress()
        self.end_task_run()
        # It puts the input there.
        self.get_output(Output.PICTURE).set_image(drawn)

    def _search_picture(self, image: np.ndarray, settings: Settings) -> np.ndarray:
        """Publish all but the picture with the people, which is returned."""
        rgb = as_rgb(image)
        finder = self._finder_of(settings.finder_options)
        if self._watch.is_new(self.get_input(Input.SOURCE), image, settings.sequence):
            finder.reset()
        people = finder(rgb, boxes=self._boxes(settings))
        self.emit_step_progress()
        height, width = rgb.shape[:2]
        self._publish_keypoints(people)
        self.get_output(Output.KEYPOINTS).set_array(known_keypoints(people.keypoints))
        view = Path(video_path_at(self, Input.SOURCE)).stem or "picture"
        content = {
            **described(people.skeleton),
            "views": [view],
            "sizes": [[width, height]],
            "people": [
                {"id": int(identity), "score": round(float(score), 4), "box": box.tolist()}
                for identity, score, box in zip(
                    people.identities, people.scores, people.boxes.round(2), strict=True
                )
            ],
        }
        publish_dictionary(self, Output.DESCRIPTION, content)
        self._publish_masks(people, width, height)
        return draw_people(rgb, people)

    def _search_views(self, views: list[View], settings: Settings) -> np.ndarray:
        """The same for videos: a sheet with a frame of each."""
        key = settings, [(v.info.path, v.info.path.stat().st_mtime_ns) for v in views]
        if self._found is None or self._found[0] != key:
            self.emit_add_sub_progress_steps(len(views))
            found, rate = find_in_views(
                views,
                settings.finder_options,
                settings.file_options,
                finder_of=self._finder_of,
                should_stop=lambda: self._stopped,
                when_done=lambda people: self.emit_step_progress(),
                **({"when_frame": self.when_frame} if self.when_frame else {}),
            )
            self._found = key, found, arrays_of(found, rate)
        _, found, arrays = self._found
        self.emit_step_progress()
        self.get_output(Output.KEYPOINTS).set_array(arrays["keypoints2d"])
        content = {
            **described(arrays["skeleton"]),
            "fps": arrays["fps"],
            "views": arrays["views"],
            "sizes": arrays["sizes"].tolist(),
            "timestamps": arrays["timestamps"].tolist(),
            "people": {people.name: summary_of(people) for people in found},
        }
        publish_dictionary(self, Output.DESCRIPTION, content)
        for port in (Output.KEYPOINTS_IO, Output.MASK, Output.INSTANCES):
            self.get_output(port).clear_data()
        return _sheet_of(views, found)

    def _finder_of(self, options: FinderOptions) -> PeopleFinder:
        if self._finder is None or self._finder.options != options:
            self._finder = PeopleFinder(options)
        return self._finder

    def _boxes(self, settings: Settings) -> np.ndarray | None:
        """What a detector upstream says; None where there is none."""
        given = self.get_input(Input.DETECTIONS)
        if given is None or (given is self._unconnected and not given.is_data_available()):
            return None
        found = person_boxes(given, settings.labels, settings.conf_thres)
        return np.array([box for box, _ in found], np.float32).reshape(-1, 4)

    def _publish_keypoints(self, people: FramePeople) -> None:
        output = self.get_output(Output.KEYPOINTS_IO)
        output.init(self.name, int(Output.PICTURE))
        output.clear_data()
        output.set_keypoint_names(list(SKELETONS[people.skeleton].joints))
        output.set_keypoint_links([_link(a, b) for a, b in links_of(people.skeleton)])
        for identity, score, box, points in zip(
            people.identities, people.scores, people.boxes, people.keypoints, strict=True
        ):
            known = [(index, _point(x, y)) for index, (x, y, c) in enumerate(points) if c > 0]
            place = _left_top_width_height(box)
            colour = list(colour_of(int(identity)))
            output.add_object(int(identity), LABEL, float(score), *place, known, colour)

    def _publish_masks(self, people: FramePeople, width: int, height: int) -> None:
        mask, instances = self.get_output(Output.MASK), self.get_output(Output.INSTANCES)
        instances.clear_data()
        if people.masks is None:
            mask.clear_data()
            return
        mask.set_image(people.mask())
        instances.init(self.name, int(Output.PICTURE), width, height)
        for identity, score, box, alpha in zip(
            people.identities, people.scores, people.boxes, people.masks, strict=True
        ):
            instances.add_object(
                int(identity),
                THING,
                PERSON_CLASS,
                LABEL,
                float(score),
                *_left_top_width_height(box),
                cv2.threshold(alpha, OPAQUE, 255, cv2.THRESH_BINARY)[1],
                list(colour_of(int(identity))),
            )


def described(skeleton: str) -> dict[str, object]:
    """What keypoints are."""
    joints = list(SKELETONS[skeleton].joints)
    return {"skeleton": skeleton, "joints": joints, "units": "pixels"}


def _sheet_of(views: list[View], found: list[ViewPeople]) -> np.ndarray:
    """The frame of each view nearest to its middle in which most people are, with them on it."""
    pictures = []
    for view, people in zip(views, found, strict=True):
        middle = (len(people.frames) - 1) / 2
        best = min(
            range(len(people.frames)), key=lambda f: (-len(people.frames[f]), abs(f - middle))
        )
        pictures.append(draw_people(frame_at(view.info.path, best), people.frames[best]))
    return sheet(pictures, [people.name for people in found])


def _left_top_width_height(box: np.ndarray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = map(float, box)
    return x0, y0, x1 - x0, y1 - y0


def _point(x: float, y: float) -> core.CPointF:
    point = core.CPointF(float(x), float(y))
    # Ikomia leaves it as it finds it.
    point.z = 0.0
    return point


def _link(start: int, end: int) -> dataprocess.CKeypointLink:
    link = dataprocess.CKeypointLink()
    link.start_point_index, link.end_point_index = start, end
    link.color = list(LINK_COLOUR)
    return link


class InferPeopleParamFactory(PluginParamFactory):
    plugin = "infer_people"
    param_class = InferPeopleParam


class InferPeopleFactory(PluginTaskFactory):
    task_class = InferPeople
    metadata = Metadata(
        name="infer_people",
        short_description="People in pictures and videos: keypoints, masks, and who is who",
        path="Plugins/Python/Pose",
        authors="Google (MoveNet, MediaPipe); Tao Jiang et al. (RTMPose)",
        article="Next-Generation Pose Detection with MoveNet and TensorFlow.js",
        article_url="https://blog.tensorflow.org/2021/05/next-generation-pose-detection-with-movenet-and-tensorflowjs.html",
        journal="TensorFlow Blog",
        year=2021,
        documentation_link="https://www.tensorflow.org/hub/tutorials/movenet",
        original_repository="https://github.com/tensorflow/tfjs-models",
        keywords="people,pose,keypoints,tracking,segmentation,mask,matting,motion capture,MoveNet",
        algo_tasks="KEYPOINTS_DETECTION,INSTANCE_SEGMENTATION",
        min_ram=2,
        min_vram=0,
    )
