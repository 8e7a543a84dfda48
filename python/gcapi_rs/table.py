"""An archive as a table: one row for each item, for whoever reads Arrow.

Examples
--------
>>> table = Archive("my-folder").to_table()                     # doctest: +SKIP
>>> table.to_pandas()                                           # doctest: +SKIP
>>> polars.DataFrame(table)                                     # doctest: +SKIP
>>> duckdb.sql("SELECT item, title FROM table")                 # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    import pandas

__all__ = ["Table"]


class Table:
    """Rows in memory, handed out through Arrow's PyCapsule interface without a copy.

    Nothing else needs to be installed for that: not `pyarrow` either.

    Attributes
    ----------
    column_names : list of str
        ``item``, ``title``, and for each socket ``<slug>.value`` if it takes a Value,
        ``<slug>.path`` and ``<slug>.size`` (bytes, of all its files). What an item does not have,
        or what was not downloaded, is null. A value column is of booleans, integers, floats or
        text where all of its values are; otherwise it holds JSON. What lies in objects is in
        columns of its own as well, ``<slug>.value.<name>.<name>``, of at most 256 names. Images
        have ``<slug>.shape`` (JSON, slowest axis first), ``<slug>.voxel_width_mm``,
        ``<slug>.voxel_height_mm``, ``<slug>.voxel_depth_mm``, ``<slug>.color_space`` and
        ``<slug>.modality``, as the platform says.
    """

    def __init__(self, rows: _native.Table) -> None:
        self._rows = rows

    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
        return self._rows.column_names

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists of Python objects; what is null is ``None``."""
        return {name: self._rows.column(name) for name in self.column_names}

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas ``DataFrame``, of nullable types.

        ``pandas.DataFrame.from_arrow`` does the same where `pyarrow` is installed as well.
        """
        import pandas

        return pandas.DataFrame(self.to_dict()).convert_dtypes()

    def __len__(self) -> int:
        return len(self._rows)

    def __arrow_c_schema__(self) -> object:
        return self._rows.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} rows: {', '.join(self.column_names)}>"
