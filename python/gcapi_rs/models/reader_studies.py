"""Reader studies, their questions, display sets and answers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .algorithms import AlgorithmInterface
from .base import Model
from .sockets import (
    ComponentInterface,
    HangingProtocol,
    HyperlinkedComponentInterfaceValue,
    LookUpTable,
)

__all__ = [
    "Answer",
    "CategoricalOption",
    "DisplaySet",
    "Question",
    "ReaderStudy",
    "ReaderStudyAlgorithm",
    "ReaderStudyAlgorithmImplementation",
]


@dataclass(eq=False, repr=False)
class CategoricalOption(Model):
    """A choice of a question."""

    id: int
    title: str
    default: bool | None


@dataclass(eq=False, repr=False)
class ReaderStudyAlgorithm(Model):
    """An algorithm as a reader study uses it."""

    interfaces: list[AlgorithmInterface]


@dataclass(eq=False, repr=False)
class ReaderStudyAlgorithmImplementation(Model):
    """Which algorithm a reader study uses."""

    algorithm: str
    reader_study_algorithm: ReaderStudyAlgorithm


@dataclass(eq=False, repr=False)
class Question(Model):
    """A question of a reader study."""

    answer_type: str
    api_url: str
    form_direction: str
    help_text_safe: str
    image_port: str
    default_annotation_color: str | None
    pk: str
    question_text_safe: str
    reader_study: str
    required: bool | None
    options: list[CategoricalOption]
    interface: ComponentInterface | None
    overlay_segments: Any
    look_up_table: LookUpTable | None
    widget: str
    answer_min_value: int | None
    answer_max_value: int | None
    answer_step_size: Decimal | None
    answer_min_length: int | None
    answer_max_length: int | None
    answer_match_pattern: str | None
    empty_answer_confirmation: bool | None
    empty_answer_confirmation_label_safe: str
    interactive_algorithms: list[str]
    algorithms: list[ReaderStudyAlgorithmImplementation]


@dataclass(eq=False, repr=False)
class ReaderStudy(Model):
    """A reader study."""

    api_url: str
    url: str
    slug: str
    logo: str
    description: str | None
    help_text_safe: str
    pk: str
    questions: list[Question]
    title_safe: str
    is_educational: bool | None
    instant_verification: bool | None
    has_ground_truth: bool
    allow_answer_modification: bool | None
    enable_autosaving: bool | None
    allow_case_navigation: bool | None
    allow_show_all_annotations: bool | None
    roll_over_answers_for_n_cases: int | None
    end_of_study_text_safe: str


@dataclass(eq=False, repr=False)
class DisplaySet(Model):
    """What a reader sees at a time."""

    pk: str
    title_safe: str
    reader_study: str
    values: list[HyperlinkedComponentInterfaceValue]
    order: int | None
    api_url: str
    hanging_protocol: HangingProtocol | None
    optional_hanging_protocols: list[HangingProtocol]
    view_content: Any
    description: str
    descriptions_map_safe: dict[str, str]
    index: int | None


@dataclass(eq=False, repr=False)
class Answer(Model):
    """What a reader answered to a question about a display set."""

    answer: Any
    api_url: str
    created: str
    creator: str
    display_set: str | None
    pk: str
    question: str
    modified: str
    answer_image: str | None
    last_edit_duration: str | None
    total_edit_duration: str | None
    is_ground_truth: bool
    score: float | None
