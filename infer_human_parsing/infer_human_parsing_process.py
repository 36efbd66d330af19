"""The Ikomia task of human parsing: parameters, inputs, engine, outputs."""

from functools import lru_cache

import numpy as np
import torch
from ikomia import dataprocess
from ikomia.dataprocess.io import DataDictIO

from .checkpoints import detector_checkpoint, load_detector, load_network, parsing_checkpoint
from .human_parsing_pipeline import (
    HumanParser,
    ParserOptions,
    Parsing,
    Person,
    PersonDetector,
    describe,
    palette,
    person_mask,
    trimap,
    whole_picture,
)
from .infer_human_parsing_kit.array_output import ArrayOutput
from .infer_human_parsing_kit.device import device_of, dtype_of, keep_teams_whole
from .infer_human_parsing_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .infer_human_parsing_kit.openvino_engine import Engine, engine_of
from .infer_human_parsing_kit.person_boxes import person_boxes
from .infer_human_parsing_kit.pictures import as_rgb
from .infer_human_parsing_kit.ports import publish_dictionary, required_image
from .infer_human_parsing_kit.task import PluginTask
from .parameters import InferHumanParsingParam, Settings
from .ports import Input, Output


class InferHumanParsing(PluginTask, dataprocess.CSemanticSegmentationTask):
    """Picture (and detected people) → labels of parts and clothes, masks, trimap."""

    param_class = InferHumanParsingParam

    def __init__(self, name: str, param: InferHumanParsingParam | None) -> None:
        super().__init__(name)
        self.clear_inputs()
        self.add_input(dataprocess.CImageIO())
        # Kept: only so can an empty detection be told from no detector at all.
        self._unconnected = dataprocess.CObjectDetectionIO()
        self.add_input(self._unconnected)
        # The base class has the outputs IMAGE and SEGMENTATION.
        for _ in (Output.MASK, Output.TRIMAP):
            self.add_output(dataprocess.CImageIO())
        for _ in (Output.PART_MAPS, Output.PROBABILITY):
            self.add_output(ArrayOutput())
        people = DataDictIO()
        people.name = "people"
        self.add_output(people)
        self.take_parameters(param)
        self._parser_of = lru_cache(maxsize=1)(parser_of)
        self._detector_of = lru_cache(maxsize=1)(detector_of)
        self._stopped = False

    def init_long_process(self) -> None:
        """Load the networks, so that the first picture does not wait for them."""
        self._human_parser()
        if self.settings.boxes == "maskrcnn":
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
            ImportError: ``engine`` is openvino, which is not installed.
            ValueError: The input is empty, or a parameter does not suit it.
            Stopped: The task was stopped; nothing was published.
        """
        self._stopped = False
        settings = self.settings
        image = required_image(self, Input.SOURCE, "a picture or video")
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
        given = self.get_input(Input.DETECTIONS)
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
        if given is None or settings.boxes == "maskrcnn" or not has_detector:
            persons = self._person_detector()(image)
        else:
            persons = people_of(given, settings)
        if not persons and settings.without_boxes == "whole":
            return [whole_picture(*image.shape[:2])]
        return persons

    def _human_parser(self) -> HumanParser:
        s = self.settings
        device = device_of(s.device)
        dtype = dtype_of(s.precision, device)
        engine = engine_of(s.engine, device)
        parser = self._parser_of(s.model_weight_file, s.classes, device, dtype, engine)
        parser.options = ParserOptions(
            enlarge=s.enlarge,
            batch=s.batch,
            input_size=s.input_size or None,
            overwrite=s.merge == "overwrite",
            keep_apart=s.keep_apart,
            flip_test=s.flip_test,
        )
        return parser

    def _person_detector(self) -> PersonDetector:
        detector = self._detector_of(
            self.settings.detector_weight_file, device_of(self.settings.device)
        )
        detector.least_score = self.settings.detector_score
        return detector

    def _publish(self, parsing: Parsing, parser: HumanParser, settings: Settings) -> None:
        names = list(parser.classes.names)
        self._name_classes(names)
        self.get_output(Output.SEGMENTATION).set_mask(parsing.labels)
        self.forward_input_image(Input.SOURCE, Output.IMAGE)
        mask = person_mask(parsing.labels)
        self.get_output(Output.MASK).set_image(mask)
        self.get_output(Output.TRIMAP).set_image(
            trimap(mask, settings.trimap_erosion, settings.trimap_dilation)
        )
        self.get_output(Output.PART_MAPS).set_array(parsing.part_maps())
        self.get_output(Output.PROBABILITY).set_array(parsing.probability)
        people = describe(parsing, names)
        content = {
            "classes": parser.classes.name,
            "names": names,
            "people": people,
            "engine": parser.engine,
        }
        publish_dictionary(self, Output.PEOPLE, content)

    def _name_classes(self, names: list[str]) -> None:
        output = self.get_output(Output.SEGMENTATION)
        if output.get_class_names() == names:
            return
        if output.get_class_names():
            # An output that has names and colours takes no other number of either.
            fresh = dataprocess.CSemanticSegmentationIO()
            fresh.auto_save = output.auto_save
            self.set_output(fresh, Output.SEGMENTATION)
            output = self.get_output(Output.SEGMENTATION)
        colours = palette(len(names)).tolist()
        output.set_class_names(names)
        output.set_class_colors(colours)
        self.set_output_color_map(Output.IMAGE, Output.SEGMENTATION, colours, False)


def parser_of(
    weight_file: str, classes: str, device: str, dtype: torch.dtype, engine: Engine
) -> HumanParser:
    """What parses, its weights loaded; of the parameters' own names."""
    network, class_set = load_network(parsing_checkpoint(weight_file), classes)
    return HumanParser(network, class_set, device=device, dtype=dtype, engine=engine)


def detector_of(weight_file: str, device: str) -> PersonDetector:
    """What finds people, its weights loaded."""
    return PersonDetector(load_detector(detector_checkpoint(weight_file)), device=device)


def people_of(detections: dataprocess.CObjectDetectionIO, settings: Settings) -> list[Person]:
    """What an object detection upstream calls people, in its order."""
    found = person_boxes(detections, settings.person_labels, settings.detector_score)
    return [Person(box, score) for box, score in found]


class InferHumanParsingParamFactory(PluginParamFactory):
    plugin = "infer_human_parsing"
    param_class = InferHumanParsingParam


class InferHumanParsingFactory(PluginTaskFactory):
    task_class = InferHumanParsing
    metadata = Metadata(
        name="infer_human_parsing",
        short_description="SCHP: body parts and clothes of each person in a picture",
        path="Plugins/Python/Segmentation",
        authors="Peike Li, Yunqiu Xu, Yunchao Wei, Yi Yang",
        article="Self-Correction for Human Parsing",
        article_url="https://arxiv.org/abs/1910.09777",
        journal="TPAMI",
        year=2020,
        documentation_link="https://arxiv.org/abs/1910.09777",
        original_repository="https://github.com/GoGoDuck912/Self-Correction-Human-Parsing",
        keywords="human,parsing,people,body,parts,clothes,segmentation,mask,trimap,matting",
        algo_tasks="SEMANTIC_SEGMENTATION",
        min_vram=4,
    )
