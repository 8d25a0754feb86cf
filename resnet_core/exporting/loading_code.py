"""The lines of Python in a model card that load the model; tests run them as they stand."""

from __future__ import annotations

from resnet_core.exporting import preparation, torchvision_names
from resnet_core.exporting.trained import Trained

_OURS = """\
import json

from safetensors.torch import load_file

from resnet_core.networks.catalog import build
from resnet_core.specs import spec_of

with open("config.json", encoding="utf-8") as file:
    config = json.load(file)
network = build(spec_of(**config["network"]), seed=0)
network.load_state_dict(load_file("model.safetensors"))
network.eval()
"""

_TORCHVISION = """\
import torchvision
from safetensors.torch import load_file

network = {call}
network.load_state_dict(load_file("model.safetensors"))
network.eval()
"""

_SCORES = f"""\

mean = load_file("{preparation.FILE}")["mean"]  # C, H, W, from 0 to 255


def scores(images):
    \"\"\"images: uint8, B, {{channels}}, {{size}}, {{size}} -> B, {{classes}}.\"\"\"
    return network((images.float() - mean) / 255)
"""


def loading_code(trained: Trained, has_mean: bool) -> str:
    """With torchvision alone where the network is torchvision's, else with this project."""
    spec = trained.spec
    call = torchvision_names.call(spec, trained.tensor_names)
    code = _TORCHVISION.format(call=call) if call else _OURS
    if has_mean:
        sizes = {"channels": spec.channels, "size": spec.image_size, "classes": spec.classes}
        code += _SCORES.format(**sizes)
    return code
