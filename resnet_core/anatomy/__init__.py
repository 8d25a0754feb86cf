"""A network's layers, shapes, parameters and cost, by arithmetic alone.

Nothing here imports torch, so the web process may ask it while a person moves a slider.
The tests hold every figure against the real modules.
"""

from resnet_core.anatomy.arithmetic import describe
from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer, StageFacts

__all__ = ["Anatomy", "BlockFacts", "Layer", "StageFacts", "describe"]
