"""Layers of a network as boxes."""

from colorization.pages.boxes import gathered, network_boxes, part_of


def test_every_layer_belongs_to_one_box(chain, u_net):
    for model in (chain, u_net):
        layers = [name for box in network_boxes(model) for name in box.layers]
        assert sorted(layers) == sorted(layer.name for layer in model.layers)


def test_boxes_of_a_chain(chain):
    boxes = network_boxes(chain)
    assert [box.sources for box in boxes] == [[], *([index] for index in range(len(boxes) - 1))]
    kinds = "end " + "convolution " * 11 + "transposed upsampling transposed convolution " * 1
    assert [box.kind for box in boxes] == [*kinds.split(), "convolution", "end"]
    halved = boxes[2]
    assert (halved.name, halved.shape) == ("conv1_2", (8, 8, 2))
    assert halved.details == ["3×3", "stride 2"] and halved.after == ["ReLU", "BN"]
    assert halved.layers == ["conv1_2_pad", "conv1_2", "conv1_2_relu", "conv1_bn"]
    assert "dilation 2" in next(box for box in boxes if box.name == "conv5_1").details
    assert next(box for box in boxes if box.name == "conv8_up").details == ["factor 2"]
    assert boxes[-1].shape == (16, 16, 313) and boxes[-1].side == 16


def test_boxes_of_a_u_net(u_net):
    boxes = {box.name: box for box in network_boxes(u_net)}
    names = list(boxes)
    sources = {name: [names[index] for index in box.sources] for name, box in boxes.items()}
    assert sources["cat2"] == ["up2", "down2"] and sources["cat1"] == ["up1", "down1"]
    assert boxes["cat1"].symbol == "c" and boxes["cat1"].kind == "merge"
    assert boxes["down1"].after == ["ReLU"] and boxes["pool1"].details == ["max 2"]
    assert boxes["middle"].details == ["3×1", "dilation 2"]
    assert boxes["conv1"].layers[0] == "pad1" and boxes["conv1"].after == ["tanh", "dropout 0.5"]
    assert sources["output"] == ["ab"]


def test_layers_whose_names_begin_alike_are_one_box(u_net):
    whole = network_boxes(u_net)
    boxes = gathered(whole, r"down\d|up\d|cat\d")
    assert [box.name for box in boxes] == [box.name for box in whole]  # none has a companion
    boxes = {box.name: box for box in gathered(whole, r"(up|cat|conv)(?=2)|pool")}
    names = list(boxes)
    pool = boxes["pool"]
    assert pool.kind == "block" and pool.layers == ["pool1", "pool2"]
    assert pool.details == ["1 max 2", "2 max 2"] and pool.shape == (8, 8, 8)
    assert [names[index] for index in boxes["middle"].sources] == ["pool"]
    assert sum(len(box.layers) for box in boxes.values()) == len(u_net.layers)


def test_a_part_stands_between_an_input_and_an_output(u_net):
    boxes = part_of(network_boxes(u_net), "down2")
    assert [box.name for box in boxes] == ["input", "down2", "output"]
    assert [box.sources for box in boxes] == [[], [0], [1]]
    assert boxes[0].shape == (16, 16, 4) and boxes[2].shape == (16, 16, 8)
