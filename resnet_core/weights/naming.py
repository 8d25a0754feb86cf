"""From the names in a file to ours, which are torchvision's.

Public re-implementations of the CIFAR networks differ in three things only: a prefix that a
wrapper has put before every name ("module."), the classifier's name (linear) and that of the
projections (shortcut). Works on names alone, without torch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from resnet_core.errors import CheckpointError

_CLASSIFIER = re.compile(r"(linear|classifier)\.(weight|bias)")
_PROJECTION = re.compile(r"(layer\d+\.\d+)\.shortcut\.(\d+\..+)")
# torchvision's GoogLeNet has two more classifiers, for training only.
_AUXILIARY = re.compile(r"aux[12]\..+")


def renamed(names: Iterable[str], path: Path) -> dict[str, str]:
    """Our name of each tensor, by the file's name of it; those without use are left out.

    Raises:
        CheckpointError: two of them would have the same name.
    """
    given = list(names)
    prefix = common_prefix(given)
    found = {name: _ours(name.removeprefix(prefix)) for name in given}
    found = {name: ours for name, ours in found.items() if not _AUXILIARY.fullmatch(ours)}
    name, times = max(Counter(found.values()).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise CheckpointError("weights.two_names", path=path, name=name[:80])
    return found


def common_prefix(names: list[str]) -> str:
    """What a wrapper has put before every name, such as "module." or "module.model."."""
    prefix = ""
    while names and all("." in name[len(prefix) :] for name in names):
        firsts = {name[len(prefix) :].partition(".")[0] for name in names}
        if len(firsts) > 1:
            break
        prefix += f"{firsts.pop()}."
    return prefix


def _ours(name: str) -> str:
    classifier, projection = _CLASSIFIER.fullmatch(name), _PROJECTION.fullmatch(name)
    if classifier:
        return f"fc.{classifier[2]}"
    return f"{projection[1]}.downsample.{projection[2]}" if projection else name
