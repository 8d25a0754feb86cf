"""A full description of one training run: the only thing a run is made from.

Frozen and validated. The same fields are the options of the command line, the
controls of the form, the parameters of a URL and the contents of `experiment.json`;
their descriptions below are what all of these show. Defaults are the paper's
(section 4.2) wherever the paper states a value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from resnet_core.errors import InvalidSetting
from resnet_core.network_spec import (
    Activation,
    Block,
    Initialization,
    NetworkSpec,
    OptionAPadding,
    Shortcut,
    parse_name,
)
from resnet_core.validation import as_sentence

Warmup = Literal["auto", "none", "linear", "until-error"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]

# Layers from which the paper warms up ("auto"): section 4.2, n = 18.
WARMUP_DEPTH = 110
# "until-error" trains at a tenth of the rate until the running training error is below this.
WARMUP_ERROR = 80.0
# Good values to name in an error, where the default is none.
_EXAMPLES = {"milestones": "32000,48000", "image_size": "32", "name": "first try"}
# The text for no milestones at all; an empty one leaves them to the default.
NEVER = "never"


class Experiment(BaseModel):
    """One training run, described in full.

    Make one with `Experiment.create`, whose errors are sentences for people.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    name: str = Field("", description="A name of your own for the run; it may stay empty.")

    network: str = Field(
        "cifar/resnet-20",
        description="cifar/FAMILY-DEPTH: plain, resnet, highway or preresnet, and the number of "
        "weighted layers, 6n + 2 (20, 32, 44, 56, 110, 1202).",
    )
    shortcut: Shortcut = Field(
        "A",
        description="Where the size changes: A pads with zeros, B projects; C projects in "
        "every block (section 3.3). Plain networks have no shortcuts.",
    )
    option_a_padding: OptionAPadding = Field(
        "end", description="Option A's zero channels: after the input's channels or half each side."
    )
    block: Block = Field("basic", description="Basic (3x3 layers) or bottleneck (1x1, 3x3, 1x1).")
    layers_per_block: int = Field(
        2,
        ge=1,
        le=3,
        description="3x3 layers in a basic block; a bottleneck always has three layers.",
    )
    width: int = Field(
        16, ge=1, le=256, description="Filters in the first stage; 16, 32, 64 in the paper."
    )
    activation: Activation = Field("relu", description="The nonlinearity after BN and addition.")
    batch_norm: bool = Field(True, description="Batch normalisation after every convolution.")
    initialization: Initialization = Field(
        "he",
        description="he (the paper's), xavier, small_normal (standard deviation 0.01) or zero_last "
        "(he, with each branch's last scale or layer zero).",
    )

    data: str = Field(
        "shapes",
        description="shapes (embedded), cifar10, cifar100, mnist, fashionmnist, svhn, or the path "
        "of a folder of class folders, or of a zip, tar or npz of one.",
    )
    image_size: int | None = Field(
        None,
        ge=4,
        le=256,
        description="Height and width to resize to, pixels; empty: as the data are.",
    )
    train_images: int | None = Field(
        None,
        ge=2,
        le=10_000_000,
        description="Training images to use, balanced over classes; empty: all.",
    )
    test_images: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="Test images to use, balanced over classes; empty: all.",
    )
    validation: bool = Field(
        False,
        description="Hold out a tenth of the training images (the paper's 45k/5k split) and report "
        "the error on them in place of the test error.",
    )
    crop_padding: int = Field(
        4, ge=0, le=32, description="Pixels padded on each side before the random crop; 0: no crop."
    )
    flip: bool = Field(True, description="Mirror each training image with probability one half.")

    iterations: int = Field(64_000, ge=1, le=10_000_000, description="Parameter updates in all.")
    batch_size: int = Field(128, ge=2, le=65_536, description="Training images an update.")
    learning_rate: float = Field(0.1, gt=0, le=100, description="Before any drop.")
    milestones: tuple[int, ...] | None = Field(
        None,
        description="Iterations at which the rate is divided by ten; empty: at 1/2 and 3/4 of all "
        "(the paper's 32k and 48k of 64k); never: at none.",
    )
    warmup: Warmup = Field(
        "auto",
        description="until-error: a tenth of the rate until training error is below 80 % (as the "
        "paper does for 110 layers); linear: a ramp; auto: until-error from 110 layers on, else "
        "none.",
    )
    warmup_iterations: int = Field(0, ge=0, description="Length of the linear warm-up, iterations.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of SGD.")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="L2 penalty on all weights.")

    seed: int = Field(
        0, ge=0, le=2**31 - 1, description="Of initialisation, order and augmentation."
    )
    precision: Precision = Field(
        "auto", description="auto: bf16 where the device computes it natively, else fp32."
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$",
        description="auto, cpu, cuda, cuda:N or mps.",
    )

    record_every: int = Field(
        100, ge=1, description="Iterations from one telemetry record to the next."
    )
    evaluate_every: int = Field(
        1000,
        ge=1,
        description="Iterations from one evaluation (training subset and test) to the next.",
    )
    evaluation_images: int = Field(
        1000, ge=1, description="Training images in the fixed evaluation subset."
    )
    audit_every: int = Field(
        5000,
        ge=0,
        description="Iterations from one audit of the response standard deviations against a "
        "direct measurement to the next; 0: never.",
    )
    keep_checkpoints: int = Field(
        8, ge=0, le=1000, description="Checkpoints kept along the way, evenly spaced, to fork from."
    )

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        return check_name(value)

    @field_validator("data")
    @classmethod
    def _plain_data(cls, value: str) -> str:
        if (
            not value.strip()
            or len(value) > 1000
            or any(unicodedata.category(c) == "Cc" for c in value)
        ):
            raise ValueError("must be a data set's name or a path of at most 1000 characters")
        return value.strip()

    @field_validator("network")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("milestones")
    @classmethod
    def _rising(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and (list(value) != sorted(set(value)) or any(m < 1 for m in value)):
            raise ValueError("must be rising positive iterations, such as 32000,48000")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        parse_name(self.network, self._block_layers)
        if self.warmup == "linear" and not 1 <= self.warmup_iterations <= self.iterations:
            raise InvalidSetting(
                "warmup_iterations",
                f"a linear warm-up needs from 1 to {self.iterations} iterations, "
                f"not {self.warmup_iterations}.",
            )
        if self.train_images is not None and self.batch_size > self.train_images:
            raise InvalidSetting(
                "batch_size",
                f"{self.batch_size} is more than the {self.train_images} training images; "
                f"use at most {self.train_images}.",
            )
        return self

    @property
    def _block_layers(self) -> int:
        return 3 if self.block == "bottleneck" else self.layers_per_block

    @property
    def drops(self) -> tuple[int, ...]:
        """Iterations at which the learning rate is divided by ten, within the run."""
        given = self.milestones
        if given is None:
            given = (self.iterations // 2, self.iterations * 3 // 4)
        return tuple(m for m in sorted(set(given)) if 0 < m < self.iterations)

    @property
    def effective_warmup(self) -> Literal["none", "linear", "until-error"]:
        """What `auto` comes to for this network."""
        if self.warmup != "auto":
            return self.warmup
        deep = parse_name(self.network, self._block_layers)[1] >= WARMUP_DEPTH
        return "until-error" if deep else "none"

    def network_spec(
        self, image_size: int = 32, channels: int = 3, classes: int = 10
    ) -> NetworkSpec:
        """The network for images of this size (pixels), channels and classes.

        `image_size` is the data's own; the experiment's, where it has one, goes before it.
        """
        family, depth = parse_name(self.network, self._block_layers)
        return NetworkSpec(
            family=family,
            depth=depth,
            shortcut=self.shortcut,
            option_a_padding=self.option_a_padding,
            block=self.block,
            layers_per_block=self._block_layers,
            width=self.width,
            activation=self.activation,
            batch_norm=self.batch_norm,
            initialization=self.initialization,
            image_size=self.image_size or image_size,
            channels=channels,
            classes=classes,
        )

    def changed(self, **fields: Any) -> Experiment:
        """A copy with some fields changed, validated again.

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        return Experiment.create(**{**self.model_dump(), **fields})

    @classmethod
    def create(cls, **fields: Any) -> Experiment:
        """An experiment from typed values or from text (command line, form, URL).

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        try:
            return cls(**fields)
        except ValidationError as error:
            raise _as_sentence(error) from error

    def to_query(self) -> dict[str, str]:
        """The fields that differ from their defaults, as URL parameters."""
        return {
            field: _as_text(value)
            for field, value in self.model_dump().items()
            if value != type(self).model_fields[field].default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Experiment:
        """The inverse of `to_query`; parameters that are no field's name are left alone.

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        known = {field: text for field, text in query.items() if field in cls.model_fields}
        return cls.create(**{field: from_text(field, text) for field, text in known.items()})


def from_text(field: str, text: str) -> Any:
    """A field's value as typed into a form or a URL; an empty text means "none given"."""
    if field == "milestones":
        if text.strip().lower() in {"", "none"}:
            return None
        if text.strip().lower() == NEVER:
            return ()
        return tuple(part.strip() for part in text.strip("()[] ").split(",") if part.strip())
    if field in {"image_size", "train_images", "test_images"} and not text.strip():
        return None
    return text


def check_name(value: str) -> str:
    """A run's name: at most 80 printable characters, none that could be taken for something else.

    Raises:
        ValueError: says which character or length is at fault.
    """
    if len(value) > 80:
        raise ValueError(f"has {len(value)} characters; use at most 80")
    for character in value:
        if character in '/\\<>"`' or unicodedata.category(character) in {
            "Cc",
            "Cf",
            "Co",
            "Cs",
            "Zl",
            "Zp",
        }:
            shown = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            raise ValueError(
                f"contains the character {shown}; use letters, digits, spaces and simple marks"
            )
    return value.strip()


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or NEVER
    return "" if value is None else str(value)


def _as_sentence(error: ValidationError) -> InvalidSetting:
    """The first of pydantic's errors, as a sentence that names the field and a good value."""
    defaults = {field: _as_text(info.default) for field, info in Experiment.model_fields.items()}
    return as_sentence(error, Experiment, {**defaults, **_EXAMPLES})
