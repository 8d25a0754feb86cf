"""What goes round a block: x itself, x padded with zeros (option A), or x projected (B, C).

Section 3.3 of the paper. The identity is torch's own `nn.Identity`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.networks.layers import Layers
from resnet_core.specs.cifar import OptionAPadding


class ZeroPadding(nn.Module):
    """Option A: every stride-th pixel, and zeros for the channels that x does not have.

    It has no parameters, which is why a plain network and its residual twin have the same.
    The zeros come after x's channels ("end"), or half on each side ("both").
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, padding: OptionAPadding
    ) -> None:
        super().__init__()
        missing = out_channels - in_channels
        self.stride = stride
        self.before = missing // 2 if padding == "both" else 0
        self.after = missing - self.before

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        # Pooling over one pixel is x[:, :, ::stride, ::stride] to the bit, but its gradient keeps
        # x's memory format. A slice's does not, and everything before it is then computed in
        # mixed formats: 3 to 6 % of a step in bf16 on a CPU.
        subsampled = functional.avg_pool2d(x, kernel_size=1, stride=self.stride)
        return functional.pad(subsampled, (0, 0, 0, 0, self.before, self.after))

    def extra_repr(self) -> str:
        return f"stride={self.stride}, before={self.before}, after={self.after}"


class Projection(nn.Sequential):
    """Options B and C: a learned 1x1 convolution, W_s of eq. 2, and BN as after every other."""

    def __init__(self, layers: Layers, in_channels: int, out_channels: int, stride: int) -> None:
        projection = layers.convolution(in_channels, out_channels, kernel=1, stride=stride)
        if layers.batch_norm:
            super().__init__(projection, layers.normalization(out_channels))
        else:
            super().__init__(projection)
