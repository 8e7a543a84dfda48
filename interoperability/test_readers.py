"""Independent readers find in the download what was drawn."""

from __future__ import annotations

import json
import os
from pathlib import Path

from readers import problems


def test_every_file_is_read_by_an_independent_reader(ours: Path) -> None:
    """SimpleITK, pydicom, tifffile and pypdf agree with the generator.

    The header of the MHD image has to name its renamed data file by now.
    """
    expected = json.loads(Path(os.environ["GCAPI_EXPECTED"]).read_text(encoding="utf-8"))
    assert len(expected["files"]) > 40
    assert problems(ours, expected) == []
