"""Reader studies, their questions, display sets and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..models import Answer, DisplaySet, Question, ReaderStudy
from .group import APIGroup
from .writing import ModifiableMixin

if TYPE_CHECKING:
    from ..client import Client

__all__ = [
    "ReaderStudiesAPI",
    "ReaderStudyAnswersAPI",
    "ReaderStudyDisplaySetsAPI",
    "ReaderStudyMineAnswersAPI",
    "ReaderStudyQuestionsAPI",
]


class ReaderStudyQuestionsAPI(APIGroup[Question]):
    """Questions of reader studies."""

    base_path = "reader-studies/questions/"
    model = Question


class ReaderStudyMineAnswersAPI(ModifiableMixin, APIGroup[Answer]):
    """The answers of this account."""

    base_path = "reader-studies/answers/mine/"
    model = Answer


class ReaderStudyAnswersAPI(ModifiableMixin, APIGroup[Answer]):
    """Answers of readers.

    Attributes
    ----------
    mine : ReaderStudyMineAnswersAPI
    """

    base_path = "reader-studies/answers/"
    model = Answer

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.mine = ReaderStudyMineAnswersAPI(client)


class ReaderStudyDisplaySetsAPI(ModifiableMixin, APIGroup[DisplaySet]):
    """What readers see."""

    base_path = "reader-studies/display-sets/"
    model = DisplaySet


class ReaderStudiesAPI(APIGroup[ReaderStudy]):
    """Reader studies.

    Attributes
    ----------
    answers : ReaderStudyAnswersAPI
    questions : ReaderStudyQuestionsAPI
    display_sets : ReaderStudyDisplaySetsAPI
    """

    base_path = "reader-studies/"
    model = ReaderStudy

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.answers = ReaderStudyAnswersAPI(client)
        self.questions = ReaderStudyQuestionsAPI(client)
        self.display_sets = ReaderStudyDisplaySetsAPI(client)

    def ground_truth(self, pk: str, case_pk: str) -> dict[str, Any]:
        """The right answers for a case of a reader study.

        Parameters
        ----------
        pk : str
            The primary key of the reader study.
        case_pk : str
            The primary key of the case.
        """
        answer: dict[str, Any] = self._client(path=f"{self.base_path}{pk}/ground-truth/{case_pk}/")
        return answer
