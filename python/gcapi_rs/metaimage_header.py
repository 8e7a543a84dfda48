"""The one line of a MetaImage header that names the file with the voxels.

When that file gets another name the line has to follow, or nobody can read the image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["renamed"]

DATA_FILE = re.compile(rb"^(\s*ElementDataFile\s*=[ \t]*)([^\r\n]*?)([ \t]*\r?)$", re.M | re.I)


def renamed(header: bytes, names: Mapping[str, str]) -> bytes:
    """The header with the new name of its data file.

    Parameters
    ----------
    header : bytes
        The content of an ``.mhd``.
    names : mapping
        From the name of each other file on the platform to its name here. If the header names none
        of them and there is only one, it is that one.

    Returns
    -------
    bytes
        The header as it was if its data are not in a file of their own.

    Examples
    --------
    >>> renamed(b"NDims = 3\\nElementDataFile = a.zraw\\n", {"a.zraw": "b.zraw"})
    b'NDims = 3\\nElementDataFile = b.zraw\\n'
    """
    found = DATA_FILE.search(header)
    if found is None:
        return header
    name = found.group(2).decode("utf-8", errors="replace")
    if name.upper() == "LOCAL" or name.startswith("LIST") or "%" in name:
        return header
    only = next(iter(names.values())) if len(names) == 1 else name
    new = names.get(name, only).encode()
    return header[: found.start(2)] + new + header[found.end(2) :]
