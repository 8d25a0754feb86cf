"""The full description of one training run.

Frozen and validated. The same fields are the options of the command line, the
controls of the form, the parameters of a URL and the contents of `experiment.json`;
their descriptions below are what all of these show. Defaults are the paper's
(section 4.2) wherever the paper states a value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from resnet_core.errors import InvalidSetting, InvalidValue, setting_error
from resnet_core.experiments.network_settings import NetworkSettings
from resnet_core.specs.names import Spec, is_imagenet

Warmup = Literal["auto", "none", "linear", "until-error"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Schedule = Literal["milestones", "plateau"]

# Layers from which the paper warms up ("auto"): section 4.2, n = 18.
WARMUP_DEPTH = 110
# "until-error" trains at a tenth of the rate until the running training error is below this.
WARMUP_ERROR = 80.0
# Good values to name in an error, where the default is none.
_EXAMPLES = {"milestones": "32000,48000", "image_size": "32", "name": "first try"}
# The text for no milestones at all; an empty one leaves them to the default.
NEVER = "never"
_MAY_BE_EMPTY = {"image_size", "train_images", "test_images"}
# Invisible characters, and those that change the direction of others.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def from_text(field: str, text: str) -> Any:
    """Return a field's value from its text; an empty text is the default where that is None."""
    if field == "milestones":
        if text.strip().lower() in {"", "none"}:
            return None
        if text.strip().lower() == NEVER:
            return ()
        return tuple(part.strip() for part in text.strip("()[] ").split(",") if part.strip())
    if field in _MAY_BE_EMPTY and not text.strip():
        return None
    return text


def as_text(value: Any) -> str:
    """Return the text that `from_text` reads as this value."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or NEVER
    return "" if value is None else str(value)


def check_name(value: str) -> str:
    """Return a run's name without blanks around it: at most 80 characters, all of them visible.

    Raises:
        InvalidValue: names the character or length at fault.
    """
    if len(value) > 80:
        raise InvalidValue("setting.name_too_long", count=len(value))
    for character in value:
        if character in '/\\<>"`' or unicodedata.category(character) in _INVISIBLE:
            label = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            raise InvalidValue("setting.name_character", character=label)
    return value.strip()


def check_data(value: str) -> str:
    """Return the name or path of a data set without blanks around it.

    Raises:
        InvalidValue: it is empty, too long, or has control characters.
    """
    unreadable = any(unicodedata.category(c) == "Cc" for c in value)
    if not value.strip() or len(value) > 1000 or unreadable:
        raise InvalidValue("setting.data_text")
    return value.strip()


def check_milestones(value: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return milestones that rise from at least 1.

    Raises:
        InvalidValue: they do not.
    """
    if value is not None and (list(value) != sorted(set(value)) or any(m < 1 for m in value)):
        raise InvalidValue("setting.milestones")
    return value


class Experiment(NetworkSettings):
    """One training run, described in full.

    `Experiment.create` makes one; its errors are sentences for people.
    """

    name: Annotated[str, AfterValidator(check_name)] = Field(
        "", description="A name of your own for the run; it may stay empty."
    )

    data: Annotated[str, AfterValidator(check_data)] = Field(
        "shapes",
        description="shapes (embedded), cifar10, cifar100, mnist, fashionmnist, svhn, or the path "
        "of a folder of class folders, or of a zip, tar or npz of one.",
    )
    image_size: int | None = Field(
        None,
        ge=4,
        le=256,
        description="Height and width to resize to, pixels; empty: as the data are. Of an imagenet "
        "network the crop's; empty: 224.",
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
    schedule: Schedule = Field(
        "milestones",
        description="When the rate is divided by ten: at milestones, or at each plateau of the "
        "test error (section 3.4; with validation, of the held-out images' error).",
    )
    plateau_evaluations: int = Field(
        5,
        ge=1,
        le=1000,
        description="Evaluations without a new least error that make a plateau; the paper gives "
        "no number.",
    )
    milestones: Annotated[tuple[int, ...] | None, AfterValidator(check_milestones)] = Field(
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.schedule == "plateau" and self.milestones is not None:
            raise InvalidSetting("milestones", "setting.plateau_milestones")
        if self.warmup == "linear" and not 1 <= self.warmup_iterations <= self.iterations:
            raise InvalidSetting(
                "warmup_iterations",
                "setting.linear_warmup",
                given=self.warmup_iterations,
                most=self.iterations,
            )
        if self.train_images is not None:
            self.check_batch_size(self.train_images)
        return self

    @property
    def drops(self) -> tuple[int, ...]:
        """Iterations at which the learning rate is divided by ten, within the run, where they
        are known beforehand."""
        if self.schedule == "plateau":
            return ()
        milestones = self.milestones
        if milestones is None:
            milestones = (self.iterations // 2, self.iterations * 3 // 4)
        return tuple(m for m in sorted(set(milestones)) if 0 < m < self.iterations)

    @property
    def effective_warmup(self) -> Literal["none", "linear", "until-error"]:
        """The warm-up, with `auto` resolved for this network."""
        if self.warmup != "auto":
            return self.warmup
        deep = not is_imagenet(self.network) and self.network_spec().depth >= WARMUP_DEPTH
        return "until-error" if deep else "none"

    def network_spec(
        self, image_size: int | None = None, channels: int | None = None, classes: int | None = None
    ) -> Spec:
        """Return the network for the data's image size (pixels), channels and classes; where they
        are not given, for CIFAR-10's or ImageNet's.

        The experiment's own image size takes precedence. Pictures for ImageNet's networks have all
        sizes, so theirs is ignored: the network's input is a crop.
        """
        if is_imagenet(self.network):
            image_size = None
        return super().network_spec(self.image_size or image_size, channels, classes)

    def check_batch_size(self, images: int) -> None:
        """Accept a batch that a training set of so many images can fill.

        Raises:
            InvalidSetting: it cannot.
        """
        if self.batch_size > images:
            raise InvalidSetting(
                "batch_size", "setting.batch_beyond_data", given=self.batch_size, count=images
            )

    def changed(self, **fields: Any) -> Experiment:
        """Return a copy with some fields changed, validated again.

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        return Experiment.create(**{**self.model_dump(), **fields})

    @classmethod
    def create(cls, **fields: Any) -> Experiment:
        """Return an experiment from typed values or from text (command line, form, URL).

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        try:
            return cls(**fields)
        except ValidationError as error:
            defaults = {name: as_text(info.default) for name, info in cls.model_fields.items()}
            raise setting_error(error, cls, {**defaults, **_EXAMPLES}) from error

    def to_query(self) -> dict[str, str]:
        """Return the fields that differ from their defaults, as URL parameters."""
        return {
            field: as_text(value)
            for field, value in self.model_dump().items()
            if value != type(self).model_fields[field].default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Experiment:
        """Return the experiment of `to_query`; parameters that are no field's name are ignored.

        Raises:
            InvalidSetting: names the field and the nearest good value.
        """
        texts = {field: text for field, text in query.items() if field in cls.model_fields}
        return cls.create(**{field: from_text(field, text) for field, text in texts.items()})
