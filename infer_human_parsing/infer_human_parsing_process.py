"""The Ikomia task of human parsing: parameters, inputs, engine, outputs."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import numpy as np
import torch
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO

from infer_human_parsing.checkpoints import (
    detector_checkpoint,
    load_network,
    parsing_checkpoint,
    read_state,
)
from infer_human_parsing.human_parsing_pipeline import (
    HumanParser,
    ParserOptions,
    Parsing,
    Person,
    PersonDetector,
    build_detector,
    describe,
    palette,
    person_mask,
    trimap,
    whole_picture,
)
from infer_human_parsing.human_parsing_pipeline.pictures import as_rgb
from infer_human_parsing.openmp import keep_teams_whole
from infer_human_parsing.parameters import InferHumanParsingParam, Settings

SOURCE, DETECTIONS = range(2)
IMAGE, SEGMENTATION, MASK, TRIMAP, PART_MAPS, PROBABILITY, PEOPLE = range(7)


class InferHumanParsing(dataprocess.CSemanticSegmentationTask):
    """Picture (and detected people) → labels of parts and clothes, masks, trimap."""

    def __init__(self, name: str, param: InferHumanParsingParam | None) -> None:
        super().__init__(name)
        self.clear_inputs()
        self.add_input(dataprocess.CImageIO())
        # Kept: only so can an empty detection be told from no detector at all.
        self._unconnected = dataprocess.CObjectDetectionIO()
        self.add_input(self._unconnected)
        for _ in (MASK, TRIMAP):
            self.add_output(dataprocess.CImageIO())
        for _ in (PART_MAPS, PROBABILITY):
            self.add_output(dataprocess.CArrayIO())
        self.add_output(DataDictIO())
        self.set_param_object(copy.deepcopy(param) if param else InferHumanParsingParam())
        self._parser_key: tuple | None = None
        self._parser: HumanParser | None = None
        self._detector_key: tuple | None = None
        self._detector: PersonDetector | None = None
        self._stopped = False

    def get_progress_steps(self) -> int:
        return 3

    def init_long_process(self) -> None:
        """Load the networks, so that the first picture does not wait for them."""
        self._human_parser()
        if self.get_param_object().settings.boxes == "maskrcnn":
            self._person_detector()
        super().init_long_process()

    def stop(self) -> None:
        """End the run after the crops that are being parsed."""
        super().stop()
        self._stopped = True

    def run(self) -> None:
        """Parse the people of the current picture.

        Raises:
            FileNotFoundError: No checkpoint was given, or a file does not exist.
            ValueError: The input is empty, or a parameter does not suit it.
            InterruptedError: The task was stopped; nothing was published.
        """
        self._stopped = False
        settings = self.get_param_object().settings
        connected = self.get_input(SOURCE)
        image = connected.get_image() if connected and connected.is_data_available() else None
        if image is None or image.size == 0:
            raise ValueError("input 0 of infer_human_parsing is empty: it takes a picture or video")
        self.begin_task_run()
        keep_teams_whole()
        parser = self._human_parser()
        self.emit_step_progress()
        rgb = as_rgb(image)
        persons = self._persons(rgb, settings)
        self.emit_step_progress()
        parsing = parser(rgb, persons, lambda: self._stopped)
        self._publish(parsing, parser, settings)
        self.emit_step_progress()
        self.end_task_run()

    def _persons(self, image: np.ndarray, settings: Settings) -> list[Person]:
        given = self.get_input(DETECTIONS)
        has_detector = given is not None and (
            given is not self._unconnected or given.is_data_available()
        )
        if settings.boxes == "input" and not has_detector:
            raise ValueError(
                "boxes=input, but input 1 of infer_human_parsing is not connected: connect an "
                "object detection, or set boxes to maskrcnn or whole"
            )
        if settings.boxes == "whole":
            return [whole_picture(*image.shape[:2])]
        if settings.boxes == "maskrcnn" or not has_detector:
            persons = self._person_detector()(image)
        else:
            persons = people_of(given, settings)
        if not persons and settings.without_boxes == "whole":
            return [whole_picture(*image.shape[:2])]
        return persons

    def _human_parser(self) -> HumanParser:
        s = self.get_param_object().settings
        device = _device(s)
        dtype = _dtype(s, device)
        options = ParserOptions(
            enlarge=s.enlarge,
            batch=s.batch,
            input_size=s.input_size or None,
            overwrite=s.merge == "overwrite",
            keep_apart=s.keep_apart,
            flip_test=s.flip_test,
        )
        key = (s.model_weight_file, s.classes, device, dtype)
        if key != self._parser_key:
            network, classes = load_network(parsing_checkpoint(s.model_weight_file), s.classes)
            self._parser = HumanParser(network, classes, device=device, dtype=dtype)
            self._parser_key = key
        self._parser.options = options
        return self._parser

    def _person_detector(self) -> PersonDetector:
        s = self.get_param_object().settings
        key = (s.detector_weight_file, _device(s))
        if key != self._detector_key:
            path = detector_checkpoint(s.detector_weight_file)
            try:
                model = build_detector(read_state(path))
            except ValueError as error:
                raise ValueError(f"detector_weight_file {path}: {error}") from error
            self._detector = PersonDetector(model, device=_device(s))
            self._detector_key = key
        self._detector.least_score = s.detector_score
        return self._detector

    def _publish(self, parsing: Parsing, parser: HumanParser, settings: Settings) -> None:
        names = list(parser.classes.names)
        self._name_classes(names)
        self.get_output(SEGMENTATION).set_mask(parsing.labels)
        self.forward_input_image(SOURCE, IMAGE)
        mask = person_mask(parsing.labels)
        self.get_output(MASK).set_image(mask)
        self.get_output(TRIMAP).set_image(
            trimap(mask, settings.trimap_erosion, settings.trimap_dilation)
        )
        self.get_output(PART_MAPS).set_array(parsing.part_maps())
        self.get_output(PROBABILITY).set_array(parsing.probability)
        people = self.get_output(PEOPLE)
        people.name = "people"
        people.data = {
            "classes": parser.classes.name,
            "names": names,
            "people": describe(parsing, names),
        }

    def _name_classes(self, names: list[str]) -> None:
        output = self.get_output(SEGMENTATION)
        if output.get_class_names() == names:
            return
        if output.get_class_names():
            # An output that has names and colours takes no other number of either.
            fresh = dataprocess.CSemanticSegmentationIO()
            fresh.auto_save = output.auto_save
            self.set_output(fresh, SEGMENTATION)
            output = self.get_output(SEGMENTATION)
        colours = palette(len(names)).tolist()
        output.set_class_names(names)
        output.set_class_colors(colours)
        self.set_output_color_map(IMAGE, SEGMENTATION, colours, False)


def people_of(detections: dataprocess.CObjectDetectionIO, settings: Settings) -> list[Person]:
    """What an object detection upstream calls people, in its order."""
    persons = []
    for found in detections.get_objects():
        if settings.person_labels and found.label.lower() not in settings.person_labels:
            continue
        if found.confidence < settings.detector_score:
            continue
        persons.append(Person(upright(found.box), found.confidence))
    return persons


def upright(box: Sequence[float]) -> tuple[float, float, float, float]:
    """Ikomia's box as left, top, right, bottom.

    Four numbers are left, top, width, height; five are an oriented box: its centre, width, height,
    and angle in degrees. Of that the smallest upright box around it is taken.
    """
    if len(box) == 4:
        left, top, width, height = box
        return left, top, left + width, top + height
    x, y, width, height, angle = box
    cosine, sine = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    half_width = (width * cosine + height * sine) / 2
    half_height = (width * sine + height * cosine) / 2
    return x - half_width, y - half_height, x + half_width, y + half_height


def _device(settings: Settings) -> str:
    has_cuda = torch.cuda.is_available()
    if settings.device == "cuda" and not has_cuda:
        raise ValueError("device=cuda, but PyTorch sees no CUDA device; use auto or cpu")
    return "cuda" if settings.device != "cpu" and has_cuda else "cpu"


def _dtype(settings: Settings, device: str) -> torch.dtype:
    if settings.precision == "fp16" and device == "cpu":
        raise ValueError("precision=fp16 needs CUDA; use auto or fp32 on the CPU")
    is_half = settings.precision != "fp32" and device != "cpu"
    return torch.float16 if is_half else torch.float32


class InferHumanParsingParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_human_parsing"

    def create(self) -> InferHumanParsingParam:
        return InferHumanParsingParam()


class InferHumanParsingFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "infer_human_parsing"
        info.short_description = "SCHP: body parts and clothes of each person in a picture"
        info.path = "Plugins/Python/Segmentation"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Peike Li, Yunqiu Xu, Yunchao Wei, Yi Yang"
        info.article = "Self-Correction for Human Parsing"
        info.article_url = "https://arxiv.org/abs/1910.09777"
        info.journal = "TPAMI"
        info.year = 2020
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://arxiv.org/abs/1910.09777"
        info.original_repository = "https://github.com/GoGoDuck912/Self-Correction-Human-Parsing"
        info.keywords = "human,parsing,people,body,parts,clothes,segmentation,mask,trimap,matting"
        info.algo_type = core.AlgoType.INFER
        info.algo_tasks = "SEMANTIC_SEGMENTATION"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 4

    def create(self, param: InferHumanParsingParam | None = None) -> InferHumanParsing:
        return InferHumanParsing(self.info.name, param)
