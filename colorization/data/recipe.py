"""How a photograph becomes a row of a prepared array, as data."""

from dataclasses import dataclass, fields

from PIL import Image

RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True)
class Recipe:
    """How a photograph becomes a row of the array.

    Args:
        size: height and width in pixels.
        crop: scale the short side to `size` and keep the centre, or (False) stretch to the
            square.
        lab_before_resize: convert to Lab at full size and interpolate the Lab image without
            antialiasing, as the regression notebook of report 001 does; the array then holds
            8-bit Lab. Otherwise Pillow resizes the RGB image. An image that is 8-bit Lab from the
            start stays so, and Pillow resizes it.
        resample: Pillow's filter, "bilinear" or "bicubic".
        upsample: accept images smaller than `size`, noted as "upsampled".
        drop_near_gray: leave out images without colour, by Zhang's rule.

    Raises:
        ValueError: no such `resample`, or a bicubic one with `lab_before_resize`.
    """

    size: int
    crop: bool = True
    lab_before_resize: bool = False
    resample: str = "bilinear"
    upsample: bool = False
    drop_near_gray: bool = False

    def __post_init__(self):
        if self.resample not in RESAMPLING:
            raise ValueError(f"resample must be one of {', '.join(RESAMPLING)}: {self.resample!r}")
        if self.lab_before_resize and self.resample != "bilinear":
            raise ValueError("Lab before the resize is interpolated bilinearly only")

    @property
    def space(self) -> str:
        """Space of the rows made of image files."""
        return "lab8" if self.lab_before_resize else "rgb"

    @property
    def key(self) -> str:
        return self.key_in(self.space)

    def key_in(self, space: str) -> str:
        """The key, of a source whose images come in a space of their own."""
        parts = [f"{self.size}px", "crop" if self.crop else "stretch", space]
        parts += [self.resample] if self.resample != "bilinear" else []
        parts += ["upsampled"] if self.upsample else []
        parts += ["coloured"] if self.drop_near_gray else []
        return "-".join(parts)

    def to_json(self) -> dict:
        """The fields by name, but for optional ones left as they are.

        The digests of sets made before a field was thought of stay what they were.
        """
        always = ("size", "crop", "lab_before_resize")
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = vars(Recipe(self.size))
        return {n: v for n, v in values.items() if n in always or v != plain[n]}
