"""The paper's values for detection (section 4.3 and appendix A, Tables 7 and 8)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Detection:
    """Faster R-CNN on two backbones, otherwise equal; mean average precision, percent.

    Attributes:
        data: the data set.
        overlap: IoU from which a box counts as detected, or the range that is averaged over.
    """

    data: str
    overlap: str
    vgg_16: float
    resnet_101: float

    @property
    def gain(self) -> float:
        """Percentage points."""
        return self.resnet_101 - self.vgg_16


# Trained on VOC 2007 and 2012 together, for the second row with VOC 2007's test images as well.
TABLE_7 = (
    Detection("PASCAL VOC 2007", "0.5", 73.2, 76.4),
    Detection("PASCAL VOC 2012", "0.5", 70.4, 73.8),
)
TABLE_8 = (
    Detection("COCO", "0.5", 41.5, 48.4),
    Detection("COCO", "0.5–0.95", 21.2, 27.2),
)
