"""Drawings twice over, and networks to draw."""

import matplotlib
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def png(tmp_path):
    """Renders twice, the second time with other defaults; returns the pixels `[H, W, 3]`."""

    def render(function, *args, **options):
        paths = tmp_path / "first.png", tmp_path / "made" / "second.png"
        function(paths[0], *args, **options)
        with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red"}):
            function(paths[1], *args, **options)
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert [path.name for path in paths[1].parent.iterdir()] == ["second.png"]
        with Image.open(paths[0]) as image:
            assert image.format == "PNG" and image.mode == "RGB" and not image.info
            pixels = np.array(image)
        edge = np.concatenate([pixels[[0, -1]].reshape(-1, 3), pixels[:, [0, -1]].reshape(-1, 3)])
        assert (edge == 255).all()  # nothing is cut off
        return pixels

    return render


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def chain(keras):
    from colorization.models.classification_cnn import classification_cnn

    return classification_cnn(16, filters=2, classes=313)


@pytest.fixture(scope="module")
def u_net(keras):
    layers = keras.layers
    image = x = keras.Input((32, 32, 1), name="L")
    skips = []
    for level in (1, 2):
        x = layers.Conv2D(4 * level, 3, padding="same", activation="relu", name=f"down{level}")(x)
        skips.append(x)
        x = layers.MaxPooling2D(name=f"pool{level}")(x)
    x = layers.Conv2D(16, (3, 1), dilation_rate=2, padding="same", name="middle")(x)
    x = layers.LeakyReLU(name="leaky")(x)
    for level in (2, 1):
        x = layers.UpSampling2D(name=f"up{level}")(x)
        x = layers.Concatenate(name=f"cat{level}")([x, skips[level - 1]])
        x = layers.ZeroPadding2D(1, name=f"pad{level}")(x)
        x = layers.Conv2D(4 * level, 3, name=f"conv{level}")(x)
        x = layers.Activation("tanh", name=f"tanh{level}")(x)
        x = layers.Dropout(0.5, name=f"drop{level}")(x)
    return keras.Model(image, layers.Conv2D(2, 1, name="ab")(x))
