"""Viewers and their settings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .base import Model
from .sockets import LookUpTable

__all__ = ["Session", "WindowPreset", "WorkstationConfig"]


@dataclass(eq=False, repr=False)
class Session(Model):
    """A running viewer."""

    pk: str
    status: str


@dataclass(eq=False, repr=False)
class WindowPreset(Model):
    """Grey values to show, by centre and width or by percentiles."""

    pk: int
    slug: str
    title: str
    description: str | None
    center: int | None
    width: int | None
    lower_percentile: int | None
    upper_percentile: int | None


@dataclass(eq=False, repr=False)
class WorkstationConfig(Model):
    """The settings of a viewer."""

    pk: str
    slug: str
    title: str
    description: str | None
    created: str
    modified: str
    creator: str
    image_context: str
    window_presets: list[WindowPreset]
    default_window_preset: WindowPreset
    default_slab_thickness_mm: float
    default_slab_render_method: str
    default_orientation: str
    default_overlay_alpha: float
    overlay_luts: list[LookUpTable]
    default_overlay_lut: LookUpTable
    default_overlay_interpolation: str
    default_image_interpolation: str
    default_limit_view_area_to_image_volume: bool | None
    ghosting_slice_depth: int | None
    overlay_segments: Any
    key_bindings: Any
    default_zoom_scale: float
    default_brush_size: Decimal | None
    default_annotation_color: str | None
    default_annotation_line_width: int | None
    show_image_info_plugin: bool | None
    show_display_plugin: bool | None
    show_image_switcher_plugin: bool | None
    show_algorithm_output_plugin: bool | None
    show_overlay_plugin: bool | None
    show_annotation_statistics_plugin: bool | None
    show_swivel_tool: bool | None
    show_invert_tool: bool | None
    show_flip_tool: bool | None
    show_window_level_tool: bool | None
    show_reset_tool: bool | None
    show_overlay_selection_tool: bool | None
    show_lut_selection_tool: bool | None
    show_annotation_counter_tool: bool | None
    enabled_preprocessors: list[str]
    auto_jump_center_of_gravity: bool | None
    link_images: bool | None
    link_panning: bool | None
    link_zooming: bool | None
    link_slicing: bool | None
    link_orienting: bool | None
    link_windowing: bool | None
    link_inverting: bool | None
    link_flipping: bool | None
    point_bounding_box_size_mm: float
