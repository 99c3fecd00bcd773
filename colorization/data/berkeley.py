"""The Berkeley Segmentation Data Set, in its own split."""

from dataclasses import dataclass
from pathlib import Path

from colorization.data import archives, download, roots
from colorization.data.source import SPLITS, Splits, image_files
from colorization.errors import UserError


@dataclass(frozen=True)
class BSDS500:
    """The Berkeley Segmentation Data Set, in its own split of 200 / 100 / 200 photographs.

    Args:
        train: how many of the 200 are used to train, evenly spread over their names.
    """

    train: int = 200

    title = "BSDS500"
    licence = "non-commercial research and education"
    strict = True  # a benchmark with a fixed list: a file that cannot be read is an error
    archives = (
        (
            "BSR_bsds500.tgz",
            "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
        ),
        ("BSDS500-master.zip", "https://github.com/BIDS/BSDS500/archive/refs/heads/master.zip"),
    )
    counts = {"train": 200, "val": 100, "test": 200}

    @property
    def key(self) -> str:
        return "bsds500" if self.train == 200 else f"bsds500-train{self.train}"

    def files(self) -> Splits:
        images = self._find() or self._download()
        splits = {split: image_files(images / split) for split in SPLITS}
        for split, count in self.counts.items():
            if len(splits[split]) != count:
                raise UserError(
                    f"{images / split} holds {len(splits[split])} images where BSDS500 has "
                    f"{count}; delete {images} to download it again"
                )
        spread = (i * len(splits["train"]) // self.train for i in range(self.train))
        return {**splits, "train": [splits["train"][i] for i in spread]}

    def _find(self) -> Path | None:
        return roots.find(*(f"{'*/' * depth}BSDS500/data/images" for depth in range(4)))

    def _download(self) -> Path:
        folder = roots.write_root() / "berkeley"
        origin = " or ".join(url for _, url in self.archives)
        with download.fetching(self.title, self.licence, origin, folder):
            return self._find() or self._download_into(folder)

    def _download_into(self, folder: Path) -> Path:
        failures = []
        for name, url in self.archives:
            try:
                archive = download.fetch([url], folder / name)
                archives.unpack(archive, folder / name.split(".")[0])
            except UserError as error:
                failures.append(str(error))
                continue
            if images := self._find():
                return images
            failures.append(f"{archive} holds no BSDS500/data/images; delete it and run again")
        raise UserError("; ".join(failures))
