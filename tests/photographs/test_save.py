"""What a file holds beside its pixels goes with the coloured photograph, byte for byte."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from colorization.data import ifd
from colorization.data.metadata import segment
from colorization.data.read import PhotographFile
from colorization.photographs.save import refuse_pages, save
from tests.data.photograph_files import BARS, encoded, icc_chunk, png, profile, tiff

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li tiff:Orientation="6">Title</rdf:li></x:xmpmeta>'
UPRIGHT_XMP = XMP.replace(b'"6"', b'"1"')
THUMBNAIL = encoded(BARS[::4, ::4], "JPEG")


def exif(order: str = "<", orientation: int = 6) -> bytes:
    """A block as cameras write it: a maker note that counts from its start, GPS, a thumbnail."""
    note = b"MakerSpecial" + bytes(range(200))
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)

    def directory(at: int, entries: list, following: int = 0) -> bytes:
        fields, more, beyond = b"", b"", at + 2 + 12 * len(entries) + 4
        for tag, kind, count, content in entries:
            if len(content) > 4:
                content, more = struct.pack(order + "I", beyond + len(more)), more + content
            fields += struct.pack(order + "HHI", tag, kind, count) + content.ljust(4, b"\0")
        return (
            struct.pack(order + "H", len(entries))
            + fields
            + struct.pack(order + "I", following)
            + more
        )

    def number(letter: str, value: int) -> bytes:
        return struct.pack(order + letter, value)

    first = [
        (0x010F, 2, 12, b"Camera Work\0"),
        (0x0112, 3, 1, number("H", orientation)),
        (0x0128, 4, 1, number("I", 70000)),  # more than a resolution's unit can be
        (0x8769, 4, 1, number("I", 200)),
        (0x8825, 4, 1, number("I", 600)),
    ]
    thumbnail = [(0x0201, 4, 1, number("I", 700)), (0x0202, 4, 1, number("I", len(THUMBNAIL)))]
    block = (head + directory(8, first, 650)).ljust(200, b"\0")
    block = (block + directory(200, [(0x927C, 7, len(note), note)])).ljust(600, b"\0")
    block = (block + directory(600, [(0x0001, 2, 2, b"N\0"), (0x0005, 1, 1, b"\xff")])).ljust(
        650, b"\0"
    )
    return (block + directory(650, thumbnail)).ljust(700, b"\0") + THUMBNAIL


def jpeg(*segments: bytes) -> bytes:
    plain = encoded(BARS, "JPEG", quality=95, dpi=(300, 300))
    return plain[:2] + b"".join(segments) + plain[2:]


def written(data: bytes, target, others: bool = True) -> tuple[bytes, list[str]]:
    """What `save` makes of a file whose pages are not changed."""
    file = PhotographFile(data)
    first = file.page()
    refuse_pages(file, first, target)
    lost = save(first, target, map(file.page, range(1, file.count)) if others else ())
    return target.read_bytes(), lost


IPTC = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\7\x1c\2\5\0\2Hi\0"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_every_byte_but_the_orientation_and_the_gray_thumbnail(order, tmp_path):
    block = exif(order)
    given = [
        segment(0xE1, b"Exif\0\0" + block),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40),
        segment(0xED, IPTC),
        segment(0xFE, b"a comment"),
    ]
    data, lost = written(jpeg(*given), tmp_path / "a.jpg")
    with Image.open(io.BytesIO(data)) as result:
        kept = result.info["exif"].removeprefix(b"Exif\0\0")
        assert result.info["xmp"] == UPRIGHT_XMP and result.info["comment"] == b"a comment"
        assert result.info["dpi"] == (300, 300) and result.size == (64, 96)
        assert result.getexif()[0x0112] == 1
    at = block.index(struct.pack(order + "HHI", 0x0112, 3, 1)) + 8
    unlinked = block.index(struct.pack(order + "I", 650))
    changed = [i for i, (a, b) in enumerate(zip(block, kept, strict=True)) if a != b]
    assert set(changed) <= {at, at + 1, *range(unlinked, unlinked + 4)} and len(changed) >= 2
    assert block.index(b"MakerSpecial") == kept.index(b"MakerSpecial")
    assert ifd.Block(kept).directory(8).following == 0  # no thumbnail
    for whole in given[2:]:
        assert whole in data
    assert lost == []


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_exif_and_xmp_go_to_other_formats(suffix, tmp_path):
    data = jpeg(
        segment(0xE1, b"Exif\0\0" + exif()), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    )
    result, lost = written(data, tmp_path / f"a.{suffix}")
    with Image.open(io.BytesIO(result)) as image:
        tags = image.getexif()
        assert tags[0x010F] == "Camera Work" and tags.get(0x0112, 1) == 1
        assert tags.get_ifd(0x8769)[0x927C].startswith(b"MakerSpecial")
        assert tags.get_ifd(0x8825)[1] == "N"
        assert image.info["xmp"] == UPRIGHT_XMP
        assert np.round([float(d) for d in image.info.get("dpi", (300, 300))]).tolist() == [300] * 2
        image.load()
    assert lost == []


def test_what_another_format_cannot_hold_is_said(tmp_path):
    data = jpeg(segment(0xED, IPTC), segment(0xE1, b"Exif\0\0" + exif()))
    assert written(data, tmp_path / "a.png")[1] == ["data that only JPEG can hold"]
    assert written(data, tmp_path / "a.bmp")[1] == ["data that BMP cannot hold"]


def test_damaged_exif_costs_itself_and_is_said(tmp_path):
    broken = exif()[:8] + b"\xff\xff" + exif()[10:40]
    data, lost = written(jpeg(segment(0xE1, b"Exif\0\0" + broken)), tmp_path / "a.jpg")
    assert "EXIF data, which is damaged" in lost[0]
    with Image.open(io.BytesIO(data)) as result:
        assert "exif" not in result.info and result.size == (96, 64)


def test_long_exif_costs_itself_where_a_format_has_no_room(tmp_path):
    block = b"Exif\0\0" + exif() + bytes(70_000)
    given = io.BytesIO()
    Image.fromarray(BARS).save(given, "PNG", exif=block)
    assert written(given.getvalue(), tmp_path / "a.jpg")[1] == ["its EXIF data, too long for JPEG"]
    data, lost = written(given.getvalue(), tmp_path / "a.png")
    assert lost == [] and Image.open(io.BytesIO(data)).info["exif"][-9:] == bytes(9)


def test_a_png_keeps_its_text_its_time_and_its_resolution(tmp_path):
    chunks = [
        (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        (b"tEXt", b"Title\0A street"),
        (b"zTXt", b"Comment\0\0" + zlib.compress(b"long ago")),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
        (b"tIME", struct.pack(">H5B", 2001, 2, 3, 4, 5, 6)),
        (b"bKGD", b"\0\0"),  # of a gray picture
    ]
    data, lost = written(png(BARS, *chunks), tmp_path / "a.png")
    for name, content in (*chunks[:3], chunks[4]):
        assert name + content in data
    with Image.open(io.BytesIO(data)) as result:
        assert result.info["xmp"] == UPRIGHT_XMP and b"bKGD" not in data
        assert np.allclose(result.info["dpi"], 300, rtol=0.01)
        assert result.text["Comment"] == "long ago" and result.size == (64, 96)
    assert lost == []


def test_a_text_that_unpacks_to_megabytes_is_left_out_with_a_word(tmp_path):
    data, lost = written(
        png(BARS, (b"zTXt", b"a\0\0" + zlib.compress(bytes(3 << 20)))), tmp_path / "a.png"
    )
    assert lost == ["text that is damaged or unpacks to megabytes"]
    with Image.open(io.BytesIO(data)) as result:
        result.load()


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_the_profile_is_that_of_the_result(suffix, tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for given, kept in ((srgb, srgb), (profile("GRAY", 1), None), (profile("RGB", 1.8), None)):
        pixels = BARS if given[16:20] == b"GRAY" else np.stack([BARS] * 3, -1)
        data, _ = written(png(pixels, icc_chunk(given)), tmp_path / f"a.{suffix}")
        with Image.open(io.BytesIO(data)) as result:
            found = result.info["icc_profile"]
        assert found == kept if kept else b"sRGB" in found.replace(b"\0", b"")
    data, _ = written(png(BARS), tmp_path / f"a.{suffix}")
    with Image.open(io.BytesIO(data)) as result:
        assert "icc_profile" not in result.info


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_page_of_a_tiff_is_written_with_its_tags(order, tmp_path):
    tags = {
        271: "a camera",
        282: ("2I", [(300, 1)]),
        283: ("2I", [(300, 1)]),
        296: 2,
        700: ("B", list(XMP)),
    }
    tags |= {33723: b"\x1c\2\5\0\2Hi", 50000: [1, 2, 3], 274: 6}
    pages = [{"samples": BARS, "tags": {270: f"page {number}"} | tags} for number in range(3)]
    pages.insert(1, {"samples": BARS[::4, ::4], "tags": {254: 1}})
    given = bytearray(tiff(*pages, order=order))
    data, lost = written(bytes(given), tmp_path / "a.tif")
    assert lost == []
    with Image.open(io.BytesIO(data)) as result:
        assert result.n_frames == 3
        for number in range(3):
            result.seek(number)
            result.load()
            found = result.tag_v2
            assert result.size == (64, 96) and found[270] == f"page {number}"
            assert found[271] == "a camera" and found[282] == 300 and found.get(274, 1) == 1
            assert found[700] == UPRIGHT_XMP and found[33723] == b"\x1c\2\5\0\2Hi"
            assert found[50000] == (1, 2, 3)


def test_a_damaged_directory_of_a_tiff_costs_itself(tmp_path):
    tags = {271: "a camera", 0x8769: ("I", [1 << 30]), 0x8825: "no number"}
    data, lost = written(tiff({"samples": BARS, "tags": tags}), tmp_path / "a.tif")
    assert lost == ["EXIF data, which is damaged"]
    with Image.open(io.BytesIO(data)) as result:
        assert result.tag_v2[271] == "a camera" and not {0x8769, 0x8825} & set(result.tag_v2)


ANIMATED = {"GIF": "a.gif.png", "PNG": "a.png", "WEBP": "a.webp"}


@pytest.mark.parametrize("form", ANIMATED)
def test_every_frame_of_an_animation_is_written_with_its_time(form, tmp_path):
    frames = [Image.fromarray(np.roll(BARS, 24 * n, axis=1)).convert("RGB") for n in range(3)]
    given = io.BytesIO()
    times = {"duration": [100, 200, 300], "loop": 2, "save_all": True, "append_images": frames[1:]}
    options = {"lossless": True} if form == "WEBP" else {}
    frames[0].save(given, form, **times, **options)
    data, lost = written(given.getvalue(), tmp_path / ANIMATED[form])
    assert lost == []
    with Image.open(io.BytesIO(data)) as result, Image.open(given) as before:
        assert result.n_frames == 3 and result.info["loop"] == before.info["loop"]
        for number in range(3):
            result.seek(number)
            result.load()
            assert result.info["duration"] == [100, 200, 300][number]
            np.testing.assert_array_equal(
                np.asarray(result.convert("RGB")), np.asarray(frames[number])
            )


def test_a_still_picture_before_an_animation_stays_before_it(tmp_path):
    frames = [Image.fromarray(np.roll(BARS, 24 * n, axis=1)).convert("RGB") for n in range(3)]
    given = io.BytesIO()
    times = {"duration": [100, 200], "append_images": frames[1:]}
    frames[0].save(given, "PNG", save_all=True, default_image=True, **times)
    data, _ = written(given.getvalue(), tmp_path / "a.png")
    with Image.open(io.BytesIO(data)) as result:
        assert result.info["default_image"] and result.n_frames == 3
        for number in (1, 2):
            result.seek(number)
            assert result.info["duration"] == 100 * number


def test_transparent_frames_stay_transparent(tmp_path):
    """A frame that stores a part of itself is whole, and nothing shines through from the last."""
    frames = []
    for number in range(3):
        pixels = np.zeros((20, 30, 4), "uint8")
        pixels[:, 10 * number : 10 * number + 10] = (200, 90, 10 + number, 255)
        frames.append(Image.fromarray(pixels))
    given = io.BytesIO()
    frames[0].save(given, "GIF", save_all=True, append_images=frames[1:], duration=50, disposal=2)
    data, _ = written(given.getvalue(), tmp_path / "a.gif.png")
    with Image.open(io.BytesIO(data)) as result:
        for number in range(3):
            result.seek(number)
            alpha = np.asarray(result.convert("RGBA"))[..., 3]
            np.testing.assert_array_equal(alpha, np.asarray(frames[number])[..., 3])


@pytest.mark.parametrize("suffix", ["jpg", "bmp"])
def test_pages_that_a_format_cannot_hold_are_refused_by_one_line(suffix, tmp_path):
    data = tiff({"samples": BARS}, {"samples": BARS})
    with pytest.raises(ValueError, match="holds one of its 2 pages; rename it"):
        written(data, tmp_path / f"a.{suffix}")
    assert not list(tmp_path.iterdir())


def test_pages_of_many_sizes_need_tiff(tmp_path):
    data = tiff({"samples": BARS}, {"samples": BARS[:32]})
    with pytest.raises(ValueError, match="differ in size"):
        written(data, tmp_path / "a.png")
    with Image.open(io.BytesIO(written(data, tmp_path / "a.tif")[0])) as result:
        result.seek(1)
        assert result.size == (96, 32)


def test_a_preview_in_a_jpeg_is_no_page(tmp_path):
    given = io.BytesIO()
    image = Image.fromarray(BARS)
    image.save(given, "MPO", save_all=True, append_images=[image.resize((48, 32))])
    file = PhotographFile(given.getvalue())
    assert (file.count, file.others) == (1, 1)
    data, _ = written(given.getvalue(), tmp_path / "a.jpg")
    assert b"MPF\0" not in data and Image.open(io.BytesIO(data)).size == (96, 64)
