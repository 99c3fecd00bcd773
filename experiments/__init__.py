"""The reports as data, each a module or package with a `REPORT`, and the command line over them."""

from importlib import import_module

from colorization.errors import UserError

REPORTS = {
    "flower-gan": "Boriano, Vizzuso: a GAN without pixel loss on flowers and mixed photographs",
    "berkeley": "Dietrich et al.: regression and 313-class classification on BSDS500",
    "flower-cgan": "Cheng, Zhang: pix2pix, ResNet-18 U-Net and CycleGAN on 500 flowers",
    "rgb-mse-gan": "Yadav: RGB with a mean squared error and an idle discriminator on scenes",
    "imagenet-cgan": "Rangrasasl et al.: pix2pix and a pretrained generator on ImageNet-mini",
    "common": "the methods of all five on the same photographs",
    "general": "a network for photographs of any kind, which comes with the suite",
}


def check_reports(keys: list[str]) -> None:
    for key in keys:
        if key not in REPORTS:
            raise UserError(f"unknown report {key!r}; there are: {', '.join(REPORTS)}")


def report_module(key: str):
    """A report by its key."""
    check_reports([key])
    return import_module(f"experiments.{key.replace('-', '_')}").REPORT


def every_report() -> list:
    return [report_module(key) for key in REPORTS]
