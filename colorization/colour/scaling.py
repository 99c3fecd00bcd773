"""How Lab units become the numbers that a network sees. Needs no Keras."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabScaling:
    """How Lab units become the numbers a network sees: `(value - centre) / range`.

    The reports use three: raw units (`RAW`), L/50 - 1 with ab/110 (`UNIT`, after pix2pix),
    and every 8-bit channel to [-1, 1] (`BYTE`).
    """

    L_centre: float = 0.0
    L_range: float = 1.0
    ab_centre: float = 0.0
    ab_range: float = 1.0

    def scale_L(self, L):
        return (L - self.L_centre) / self.L_range

    def unscale_L(self, L):
        return L * self.L_range + self.L_centre

    def scale_ab(self, ab):
        return (ab - self.ab_centre) / self.ab_range

    def unscale_ab(self, ab):
        return ab * self.ab_range + self.ab_centre


RAW = LabScaling()

UNIT = LabScaling(L_centre=50.0, L_range=50.0, ab_range=110.0)

BYTE = LabScaling(L_centre=50.0, L_range=50.0, ab_centre=-0.5, ab_range=127.5)
