"""Answers to what a file of weights does not say itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from resnet_core.specs.imagenet import CHOICES, check_choice
from resnet_core.specs.names import Spec
from resnet_core.weights import normalization as preparation
from resnet_core.weights.recognition import Recognition


@dataclass(frozen=True)
class Answers:
    """Answers to the questions that a file leaves open; None: not answered."""

    network: str | None = None
    shortcut: str | None = None
    option_a_padding: str | None = None
    stride_in: str | None = None
    normalization: str | None = None
    activation: str | None = None  # leaves no trace in a file; ReLU where it is not answered

    def check(self) -> None:
        """Refuse answers that no file can have.

        Raises:
            InvalidSetting: names the choices.
        """
        for field, choices in CHOICES.items():
            if getattr(self, field, None) is not None:
                check_choice(field, getattr(self, field), choices)
        if self.normalization is not None:
            preparation.parsed(self.normalization)

    def matching(self, recognition: Recognition) -> tuple[Spec, ...]:
        """Return the networks that agree with the answers.

        Raises:
            InvalidSetting: none does.
        """
        name = None if self.network is None else self.network.strip().lower()
        return self.with_activation(recognition).settled(
            name=name,
            shortcut=self.shortcut,
            option_a_padding=self.option_a_padding,
            stride_in=self.stride_in,
        )

    def with_activation(self, recognition: Recognition) -> Recognition:
        """Return the recognised networks with this nonlinearity.

        Raises:
            InvalidSetting: they have ReLU only.
        """
        if self.activation is None:
            return recognition
        activation: Any = self.activation
        specs = (replace(spec, activation=activation) for spec in recognition.candidates)
        return Recognition(tuple(specs))
