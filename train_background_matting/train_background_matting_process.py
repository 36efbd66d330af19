"""The Ikomia task that trains Background Matting V2: parameters, pictures, loop, logs."""

import logging
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ikomia import core

from .background_matting_training import (
    Progress,
    Split,
    Trainer,
    TrainingOptions,
    check_resumable,
    find_backgrounds,
    find_foregrounds,
    prepare,
    split_files,
    training_report,
    untrained,
)
from .checkpoints import start_network
from .parameters import Settings, TrainBackgroundMattingParam
from .ports import Input, Output
from .train_background_matting_kit.bgmv2.network import MattingRefine
from .train_background_matting_kit.device import device_of, keep_teams_whole
from .train_background_matting_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .train_background_matting_kit.files import prepare_folder, write_json
from .train_background_matting_kit.ports import publish_dictionary
from .train_background_matting_kit.stopping import Stopped
from .train_background_matting_kit.training_task import TrainingTask

logger = logging.getLogger(__name__)

PREPARED, REPORT = "prepared", "report.json"


class TrainBackgroundMatting(TrainingTask):
    """A user's foregrounds and plates → weights.pth, training.pth, report.json, and curves."""

    param_class = TrainBackgroundMattingParam

    def get_progress_steps(self) -> int:
        return self.settings.base_steps + self.settings.refine_steps

    def run(self) -> None:
        """Train, or go on training; what is wrong with a file or folder is told before."""
        self._stopped = False
        settings, folder = self.settings, self.results_folder
        options = options_of(settings)
        prepare_folder(folder, "output_folder")
        check_resumable(folder, settings.model_backbone, settings.resume)
        foregrounds, backgrounds = self._files(settings)
        start = self._start(settings)
        self.begin_task_run()
        keep_teams_whole()
        try:
            data = prepare(
                foregrounds,
                backgrounds,
                folder / PREPARED,
                settings.preparation,
                should_stop=self.should_stop,
            )
            trainer = Trainer(options, data, folder, start)
            if settings.resume:
                trainer.resume()
            is_done = trainer.run(self._report, self.should_stop, self.emit_step_progress)
            report = training_report(trainer, is_done)
            write_json(folder / REPORT, report)
            publish_dictionary(self, Output.REPORT, report)
        except Stopped:
            logger.info("stopped while the pictures were prepared: nothing was trained")
            publish_dictionary(self, Output.REPORT, {"finished": False, "steps": 0, "history": []})
        finally:
            self.end_task_run()

    def _files(self, settings: Settings) -> tuple[Split, Split]:
        """Foregrounds and backgrounds, each with those that are held out."""
        given = self.connected_folder(Input.FOREGROUNDS) or settings.foreground_folder
        for name, value in (
            ("foreground_folder", given),
            ("background_folder", settings.background_folder),
        ):
            if not value:
                raise ValueError(f"{self.name} has no {name.partition('_')[0]}s: set {name}")
        alphas = Path(settings.alpha_folder).expanduser() if settings.alpha_folder else None
        foregrounds = find_foregrounds(Path(given).expanduser(), alphas)
        backgrounds = find_backgrounds(Path(settings.background_folder).expanduser())
        share, seed = settings.validation_share, settings.seed
        return (
            split_files(foregrounds, share, seed, "foreground_folder"),
            split_files(backgrounds, share, seed, "background_folder"),
        )

    @staticmethod
    def _start(settings: Settings) -> MattingRefine:
        if settings.resume:
            return untrained(settings.model_backbone, settings.seed)
        return start_network(
            settings.weights, settings.model_backbone, settings.model_weight_file, settings.seed
        )

    def _report(self, progress: Progress) -> None:
        values = asdict(progress.score)
        if not math.isnan(progress.loss):
            values["loss"] = progress.loss
        told = {name: round(value, 4) for name, value in values.items()}
        logger.info("%s step %d: %s", progress.stage, progress.step, told)
        self.log_values(values, progress.step)


def options_of(settings: Settings) -> TrainingOptions:
    """The engine's options."""
    if settings.base_steps + settings.refine_steps == 0:
        raise ValueError("base_steps and refine_steps are both 0: nothing would be trained")
    same: set[str] = {"base_steps", "refine_steps", "seed"}
    values: dict[str, Any] = settings.model_dump(include=same)
    return TrainingOptions(
        **values,
        base_batch=settings.batch_size,
        refine_batch=max(2, round(settings.batch_size / 3)),
        crop=settings.crop_size,
        base_rates=settings.rates,
        refine_rates=settings.rates,
        augmentation=settings.augmentation,
        checked=settings.validation_pictures,
        check_every=settings.validation_steps,
        device=device_of(settings.device),
    )


class TrainBackgroundMattingParamFactory(PluginParamFactory):
    plugin = "train_background_matting"
    param_class = TrainBackgroundMattingParam


class TrainBackgroundMattingFactory(PluginTaskFactory):
    task_class = TrainBackgroundMatting
    metadata = Metadata(
        name="train_background_matting",
        short_description="Train Background Matting V2 on your own foregrounds and plates",
        path="Plugins/Python/Matting",
        authors="Shanchuan Lin, Andrey Ryabtsev, Soumyadip Sengupta, Brian Curless, Steve Seitz, "
        "Ira Kemelmacher-Shlizerman",
        article="Real-Time High-Resolution Background Matting",
        article_url="https://arxiv.org/abs/2012.07810",
        journal="CVPR",
        year=2021,
        documentation_link="https://grail.cs.washington.edu/projects/background-matting-v2/",
        original_repository="https://github.com/PeterL1n/BackgroundMattingV2",
        keywords="background,matting,alpha,train,fine-tuning,people",
        algo_tasks="IMAGE_MATTING",
        algo_type=core.AlgoType.TRAIN,
        min_vram=6,
    )
