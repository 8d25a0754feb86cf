"""Why a run could not go on, in a sentence that says what to do."""

from __future__ import annotations

import errno

import torch

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")
_LOST_GPU = ("cuda error", "device-side assert", "cublas_status", "cudnn_status", "mps backend")


def excuse(error: BaseException, experiment: Experiment) -> str | None:
    """The sentence for an expected failure; None for a bug, whose traceback matters."""
    if isinstance(error, PlaygroundError):
        return str(error)
    if is_full_disk(error):
        return (
            "The disk is full. Free some space (old runs can be deleted), then resume the run; "
            "nothing written before is lost."
        )
    if is_out_of_memory(error):
        return _out_of_memory(error, experiment)
    if is_lost_gpu(error):
        return (
            f"The GPU stopped working ({str(error).splitlines()[0]}). Resume the run; if that "
            f"happens again, set device to cpu in a fork."
        )
    return None


def is_full_disk(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _FULL


def is_out_of_memory(error: BaseException) -> bool:
    known = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return known or _any(str(error).lower(), _NO_MEMORY)


def is_lost_gpu(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and _any(str(error).lower(), _LOST_GPU)


def bug(error: BaseException) -> str:
    """The sentence for a failure that nobody expected."""
    first = (str(error).splitlines() or [""])[0][:200]
    return (
        f"The worker met an error of its own ({type(error).__name__}: {first}); the log has the "
        f"details. Resume the run to try again."
    )


def _out_of_memory(error: BaseException, experiment: Experiment) -> str:
    memory = "The GPU's memory" if isinstance(error, torch.OutOfMemoryError) else "Memory"
    return (
        f"{memory} is full. Let fewer runs train at the same time and resume this one, or fork it "
        f"with a batch_size below {experiment.batch_size}, such as {experiment.batch_size // 2}."
    )


def _any(text: str, signs: tuple[str, ...]) -> bool:
    return any(sign in text for sign in signs)
