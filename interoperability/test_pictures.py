"""PNG and JPEG of other writers, read by our reader."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from image_reader import JPEG_TOLERANCE, describe, digest, refusal, samples, smooth, volume


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png(tmp_path: Path, channels: int, kind: str) -> None:
    path = tmp_path / "image.png"
    array = volume(kind, (37, 41, channels)).squeeze()
    path.write_bytes(imagecodecs.png_encode(array))
    found = describe(path, "--check")
    assert (found["size"], found["channels"]) == ([41, 37], channels)
    assert found["sha256"] == digest(array)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "image.jpg"
    array = np.ascontiguousarray(smooth(64, 48)[..., :channels].squeeze())
    path.write_bytes(imagecodecs.jpeg8_encode(array, level=90))
    expected = imagecodecs.jpeg8_decode(path.read_bytes()).astype(int)
    assert np.abs(samples(path).reshape(expected.shape) - expected).max() <= JPEG_TOLERANCE


def test_jpeg_without_a_decoder(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    array = volume("uint16", (64, 48)) >> 4
    eight = np.ascontiguousarray(smooth(64, 48))
    for content, reason in [
        (imagecodecs.jpeg8_encode(array, bitspersample=12), "lossy JPEG of 12 bits"),
        (imagecodecs.jpeg8_encode(eight, lossless=True, predictor=1), "a lossless JPEG"),
        (imagecodecs.jpegls_encode(eight), "a lossless JPEG"),
    ]:
        path.write_bytes(content)
        assert f'Unsupported("{reason}")' in refusal(path)
