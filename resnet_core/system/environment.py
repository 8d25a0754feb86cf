"""Settings of a machine by environment variables; each has a default."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resnet_core.errors import InvalidSetting, setting_error

PREFIX = "RESIDUAL_PLAYGROUND_"

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Environment(BaseModel):
    """Values of variables named `RESIDUAL_PLAYGROUND_` and the field in capitals.

    Attributes:
        slots: runs that train at the same time. Four, so that the four networks of the puzzle
            move together, on one core or one GPU alike.
        fork: whether a spare worker forks. Forking a process that has torch imported takes 25 ms
            and shares its 450 MB. Elsewhere than on Linux system libraries may have started
            threads by then, or there is no fork.
        spares: workers kept ready with torch imported; 0: none.
        threads: of each worker on the CPU; 0: see `worker_threads`.
        decoders: threads that decode pictures; None: as the cores allow.
        cuda_graphs: whether training on a GPU uses CUDA graphs.
        checkpoint_seconds: between two checkpoints: what a power cut may cost at most.
        idle_seconds: for which the supervisor waits for work.
        open_class: whether the server opens itself to the network for a class when it starts.
        visitors: who comes over the network without a class's cookie: guests, who look, or owners,
            who may do all that is done at the machine itself.
    """

    model_config = ConfigDict(frozen=True)

    slots: Annotated[int, Field(ge=1)] = 4
    fork: bool = sys.platform.startswith("linux")
    spares: Count = 2
    threads: Count = 0
    decoders: Annotated[int, Field(ge=0, le=64)] | None = None
    cuda_graphs: bool = True
    checkpoint_seconds: Seconds = 30.0
    idle_seconds: Seconds = 60.0
    open_class: bool = False
    visitors: Literal["guests", "owners"] = "guests"

    @property
    def spare_workers(self) -> int:
        """Return how many spare workers there are: where one can fork, it serves every run."""
        return min(self.spares, 1) if self.fork else self.spares

    @property
    def worker_threads(self) -> int | None:
        """Return the threads of a worker that trains; None: as torch decides.

        One where several runs share the machine: threads that wait for each other's cores are
        slower than none.
        """
        return self.threads or (1 if self.slots > 1 else None)

    @property
    def laboratory_threads(self) -> int:
        """Return the threads of a laboratory's worker.

        A ResNet-20 of width 8 evaluates 1000 images in 0.06 s on two threads where nothing else
        runs, in 0.09 s on one; beside two busy processes it takes 1 to 6 s on two, 0.16 s on one.
        """
        return self.threads or 1


def read() -> Environment:
    """Return the values as they are set now.

    Raises:
        InvalidSetting: names the first variable whose value cannot be used.
    """
    return _parsed(tuple(os.environ.get(variable(name), "").strip() for name in _FIELDS))


def variable(field: str) -> str:
    """Return the variable's name."""
    return f"{PREFIX}{field.upper()}"


_FIELDS = tuple(Environment.model_fields)


@lru_cache(maxsize=1)
def _parsed(texts: tuple[str, ...]) -> Environment:
    try:
        values = dict(zip(_FIELDS, texts, strict=True))
        return Environment.model_validate({name: text for name, text in values.items() if text})
    except ValidationError as error:
        defaults = {name: str(field.default) for name, field in Environment.model_fields.items()}
        defaults["decoders"] = "1"
        refusal = setting_error(error, Environment, defaults)
        raise InvalidSetting(variable(refusal.field), refusal.key, **refusal.values) from error
