"""The settings of an experiment's network, which of them a network has, and which a fork keeps."""

from __future__ import annotations

from collections.abc import Sized
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import (
    Activation,
    Block,
    Initialization,
    OptionAPadding,
    Shortcut,
    StrideIn,
    parse_name,
)
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, is_imagenet, settings_of, spec_of

# Images where the data are not known yet: height and width (pixels), channels, classes.
_CIFAR, _IMAGENET = (32, 3, 10), (224, 3, 1000)
# Settings of CIFAR's networks (section 4.2) that Table 1's do not have. Their crops come out of
# pictures of many sizes (section 3.4), so no picture is padded.
_OF_CIFAR = ("block", "layers_per_block", "width", "batch_norm", "crop_padding")
_OF_BLOCKS = ("shortcut", "option_a_padding", "activation")
# Another value of these changes the shape of every convolution, or what its channels mean.
_KEPT_BY_FORKS = ("width", "block", "layers_per_block")


class ImageSizes(Protocol):
    """Data as far as a network depends on them: a data set, a picture folder or its facts."""

    @property
    def image_size(self) -> int: ...

    @property
    def channels(self) -> int: ...

    @property
    def classes(self) -> int | Sized: ...


class NetworkSettings(BaseModel):
    """The fields of an experiment that describe its network."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    network: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)] = Field(
        "cifar/resnet-20",
        description="cifar/FAMILY-DEPTH: plain, resnet, highway or preresnet, and the number of "
        "weighted layers, 6n + 2 (20, 32, 44, 56, 110, 1202); or Table 1's, imagenet/plain-18, "
        "-34, resnet-18, -34, -50, -101, -152, vgg-16, -19, googlenet, with its own recipe.",
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
    stride_in: StrideIn = Field(
        "1x1",
        description="The layer of a bottleneck that halves the map: the first 1x1 (the "
        "paper) or the 3x3 (torchvision).",
    )
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

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        """Refuse a network that does not exist, and settings that it does not have.

        Such a setting may keep its default. Plain networks take any shortcut, so that their
        settings can be those of the residual network they are compared with.
        """
        if not is_imagenet(self.network):
            parse_name(self.network, self._block_layers)
            if self.block != "bottleneck":
                self._refuse("stride_in", "setting.no_bottlenecks")
            return self
        spec = self.network_spec()
        assert isinstance(spec, ImageNetSpec)
        for field in lacking(spec.family):
            if field in type(self).model_fields:
                self._refuse(field)
        if spec.block != "bottleneck" or spec.is_reference:
            self._refuse("stride_in", "setting.no_bottlenecks")
        return self

    def _refuse(self, field: str, key: str = "setting.not_of_network_default") -> None:
        default = type(self).model_fields[field].default
        if getattr(self, field) != default:
            text = str(default).lower() if isinstance(default, bool) else default
            raise InvalidSetting(field, key, network=self.network, default=text)

    @property
    def _block_layers(self) -> int:
        return 3 if self.block == "bottleneck" else self.layers_per_block

    def network_spec(
        self, image_size: int | None = None, channels: int | None = None, classes: int | None = None
    ) -> Spec:
        """Return the network for images of this size (pixels), channels and classes; where they
        are not given, for CIFAR-10's or ImageNet's.

        Raises:
            InvalidSetting: there is no such network.
        """
        usual_size, usual_channels, usual_classes = (
            _IMAGENET if is_imagenet(self.network) else _CIFAR
        )
        fields = settings_of(self.network) & NetworkSettings.model_fields.keys()
        return spec_of(
            self.network,
            **{field: getattr(self, field) for field in fields},
            image_size=image_size or usual_size,
            channels=channels or usual_channels,
            classes=classes or usual_classes,
        )

    def spec_for(self, data: ImageSizes) -> Spec:
        """Return the network for these data; see `network_spec`."""
        classes = data.classes if isinstance(data.classes, int) else len(data.classes)
        return self.network_spec(data.image_size, data.channels, classes)


def lacking(imagenet_family: str) -> tuple[str, ...]:
    """Return the settings that no network of this family for ImageNet has."""
    references = imagenet_family in {"vgg", "googlenet"}
    return (*_OF_CIFAR, *_OF_BLOCKS, "stride_in") if references else _OF_CIFAR


def check_fork(parent: NetworkSettings, child: NetworkSettings) -> None:
    """Accept changes after which `checkpoint.files.carry_over` can use the parent's weights.

    Raises:
        InvalidSetting: names the setting that has to stay as it is.
    """
    for field in _KEPT_BY_FORKS:
        before, after = getattr(parent, field), getattr(child, field)
        if before != after:
            raise InvalidSetting(field, "fork.shape", field=field, before=before, after=after)
    if is_imagenet(parent.network) != is_imagenet(child.network):
        raise InvalidSetting(
            "network", "fork.other_images", parent=parent.network, child=child.network
        )
    pre_activation = is_pre_activation(parent)
    if pre_activation != is_pre_activation(child):
        raise InvalidSetting("network", "fork.order", parent=parent.network, child=child.network)
    if pre_activation and parent.batch_norm and not child.batch_norm:
        raise InvalidSetting("batch_norm", "fork.batch_norm")


def is_pre_activation(settings: NetworkSettings) -> bool:
    return settings.network_spec().family == "preresnet"
