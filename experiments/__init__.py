"""The reports as data, each a module or package with a `REPORT`, and the command line over them."""

REPORTS = {
    "flower-gan": "Boriano, Vizzuso: a GAN without pixel loss on flowers and mixed photographs",
    "berkeley": "Dietrich et al.: regression and 313-class classification on BSDS500",
    "flower-cgan": "Cheng, Zhang: pix2pix, ResNet-18 U-Net and CycleGAN on 500 flowers",
    "rgb-mse-gan": "Yadav: RGB with a mean squared error and an idle discriminator on scenes",
    "imagenet-cgan": "Rangrasasl et al.: pix2pix and a pretrained generator on ImageNet-mini",
    "common": "the methods of all five on the same photographs",
}
