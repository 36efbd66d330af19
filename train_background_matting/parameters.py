"""Parameters of train_background_matting: names, choices, bounds and defaults stand here once."""

from typing import Any, Literal

from .background_matting_training.augmentation import Augmentation
from .background_matting_training.options import Rates
from .background_matting_training.preparation import Preparation
from .train_background_matting_kit.parameters import PluginSettings, setting
from .train_background_matting_kit.training_parameters import (
    Monitoring,
    TrainingParam,
    monitoring_setting,
)

DEFAULTS, RATES = Augmentation(), Rates()


def _rate(part: str, words: str) -> Any:
    return setting(
        getattr(RATES, part),
        f"AdamW's learning rate of {words} at its height",
        label=f"Learning rate of {words}",
        ge=0,
        le=1,
        advanced=True,
        step=0.00001,
        decimals=6,
    )


def _share(name: str, description: str, label: str) -> Any:
    return setting(
        getattr(DEFAULTS, name),
        description,
        label=label,
        ge=0,
        le=1,
        advanced=True,
        step=0.05,
        decimals=3,
    )


class Settings(PluginSettings):
    """What a user can set."""

    foreground_folder: str = setting(
        "",
        "Folder of foregrounds: RGBA pictures, or colour pictures with alpha_folder; input 0 wins "
        "where connected",
        label="Folder of the foregrounds",
    )
    alpha_folder: str = setting(
        "",
        "Folder with an alpha of the same name for each colour picture; none: the pictures are "
        "RGBA",
        label="Folder of the alphas",
    )
    background_folder: str = setting(
        "", "Folder of pictures of empty places: the plates", label="Folder of the backgrounds"
    )
    output_folder: str = setting(
        "", "Where weights, report, logs and prepared pictures go", label="Folder for the results"
    )
    weights: Literal["builtin", "scratch"] = setting(
        "builtin",
        "Start from the weights that come with the plugin, or from random ones",
        label="Start from",
        words={"builtin": "built-in weights", "scratch": "random weights"},
        only_if={"model_weight_file": [""]},
    )
    model_weight_file: str = setting(
        "",
        "A checkpoint of infer_background_matting to start from (.pth, .onnx); it wins",
        label="Checkpoint to start from",
    )
    model_backbone: Literal["mobilenetv2", "resnet50", "resnet101"] = setting(
        "mobilenetv2",
        "Backbone of the network; built-in weights are there for the first",
        label="Backbone",
        words={
            "mobilenetv2": "MobileNetV2",
            "resnet50": "ResNet-50",
            "resnet101": "ResNet-101",
        },
    )
    base_steps: int = setting(
        500,
        "Steps of the coarse network alone, which come first",
        label="Steps of the coarse network",
        ge=0,
        le=10_000_000,
        unit="steps",
        step=100,
    )
    refine_steps: int = setting(
        500,
        "Steps of both networks after that, end to end",
        label="Steps of both networks",
        ge=0,
        le=10_000_000,
        unit="steps",
        step=100,
    )
    batch_size: int = setting(
        6,
        "Coarse crops a step; of full-size crops a third, two at least",
        label="Crops a step",
        ge=2,
        le=512,
    )
    crop_size: int = setting(
        448,
        "Height of full-size crops, which are 10/7 as wide; 64 to try something out",
        label="Height of the crops",
        ge=64,
        le=4096,
        unit="pixels",
        step=32,
    )
    picture_size: int = setting(
        768,
        "Side of the square that each foreground is brought to; backgrounds are as high",
        label="Size of the prepared pictures",
        ge=64,
        le=4096,
        advanced=True,
        unit="pixels",
        step=64,
    )
    foreground_colors: Literal["given", "extended"] = setting(
        "given",
        "Colours at the edge are the foreground's own; or still show the old background, and are "
        "carried on from within",
        label="Colours at the edge",
        words={"given": "the foreground's own", "extended": "carried on from within"},
        advanced=True,
    )
    learning_rate_backbone: float = _rate("backbone", "the backbone")
    learning_rate_aspp: float = _rate("aspp", "the ASPP")
    learning_rate_decoder: float = _rate("decoder", "the decoder")
    learning_rate_refiner: float = _rate("refiner", "the refiner")
    plate_jitter: float = setting(
        DEFAULTS.jitter,
        "Pixels that a plate is off at most",
        label="Plates are off by",
        ge=0,
        le=64,
        advanced=True,
        unit="pixels",
        step=0.5,
        decimals=2,
    )
    plate_noise: float = setting(
        DEFAULTS.noise,
        "Largest deviation of a plate's noise, as a share of white",
        label="Noise of the plates",
        ge=0,
        le=0.5,
        advanced=True,
        step=0.005,
        decimals=4,
    )
    plate_gain: float = setting(
        DEFAULTS.gain,
        "Deviation of a plate's exposure from the picture's, as a share",
        label="Exposure of the plates",
        ge=0,
        le=0.5,
        advanced=True,
        step=0.01,
        decimals=3,
    )
    plate_holes: float = _share(
        "holes",
        "Share of the plates with a filled hole, or a person's trace, where somebody always stood",
        "Plates with holes",
    )
    hard_light: float = _share(
        "hard_light",
        "Share of the pictures with sunlight and shadow of sharp edges",
        "Pictures in hard sunlight",
    )
    striped_clothes: float = _share(
        "striped_clothes",
        "Share of the foregrounds with stripes or checks over a part of them",
        "Striped clothes",
    )
    faded_clothes: float = _share(
        "faded_clothes",
        "Share of the foregrounds a part of which has nearly the colour behind it",
        "Clothes like the background",
    )
    validation_share: float = setting(
        0.2,
        "Share of the foregrounds, and of the backgrounds, that is set aside, one at least",
        label="Share set aside",
        gt=0,
        lt=1,
        advanced=True,
        step=0.05,
        decimals=3,
    )
    validation_pictures: int = setting(
        24,
        "Pictures that are composed of what is set aside",
        label="Pictures to judge by",
        ge=1,
        le=10_000,
        advanced=True,
        unit="pictures",
    )
    validation_steps: int = setting(
        200,
        "Steps from one look at those pictures to the next",
        label="Judge every",
        ge=1,
        le=1_000_000,
        advanced=True,
        unit="steps",
        step=50,
    )
    seed: int = setting(
        0,
        "Of split, weights, composites and dropout",
        label="Seed",
        ge=0,
        le=2**31 - 1,
        advanced=True,
    )
    resume: bool = setting(
        False, "Go on from training.pth of output_folder", label="Go on from the last time"
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the network runs", label="Device"
    )
    monitoring: Monitoring = monitoring_setting()

    @property
    def rates(self) -> Rates:
        """The learning rates by part of the network."""
        return Rates(
            backbone=self.learning_rate_backbone,
            aspp=self.learning_rate_aspp,
            decoder=self.learning_rate_decoder,
            refiner=self.learning_rate_refiner,
        )

    @property
    def augmentation(self) -> Augmentation:
        """What pictures and plates go through."""
        return Augmentation(
            jitter=self.plate_jitter,
            noise=self.plate_noise,
            gain=self.plate_gain,
            holes=self.plate_holes,
            hard_light=self.hard_light,
            striped_clothes=self.striped_clothes,
            faded_clothes=self.faded_clothes,
        )

    @property
    def preparation(self) -> Preparation:
        """How pictures are prepared."""
        return Preparation(side=self.picture_size, colours=self.foreground_colors)


class TrainBackgroundMattingParam(TrainingParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
