"""Algorithms, their images, jobs, endpoints and invocations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from ..models import Algorithm, AlgorithmImage, Endpoint, HyperlinkedJob, Invocation
from .group import APIGroup
from .writing import ModifiableMixin, not_yet

__all__ = [
    "AlgorithmEndpointsAPI",
    "AlgorithmImagesAPI",
    "AlgorithmInvocationsAPI",
    "AlgorithmJobsAPI",
    "AlgorithmsAPI",
]


class AlgorithmsAPI(APIGroup[Algorithm]):
    """Algorithms."""

    base_path = "algorithms/"
    model = Algorithm


class AlgorithmJobsAPI(ModifiableMixin, APIGroup[HyperlinkedJob]):
    """Runs of algorithms."""

    base_path = "algorithms/jobs/"
    model = HyperlinkedJob

    def by_input_image(self, pk: str) -> Iterator[HyperlinkedJob]:
        """The jobs that have an image among their inputs.

        Parameters
        ----------
        pk : str
            The primary key of the image.
        """
        return self.iterate_all(params={"image": pk})


class AlgorithmImagesAPI(APIGroup[AlgorithmImage]):
    """Container images of algorithms."""

    base_path = "algorithms/images/"
    model = AlgorithmImage


class AlgorithmEndpointsAPI(ModifiableMixin, APIGroup[Endpoint]):
    """Algorithms that are kept running."""

    base_path = "algorithms/endpoints/"
    model = Endpoint

    def keep_alive(self, pk: str) -> NoReturn:
        """Would prolong the life of an endpoint."""
        not_yet("AlgorithmEndpointsAPI.keep_alive")


class AlgorithmInvocationsAPI(ModifiableMixin, APIGroup[Invocation]):
    """Runs of endpoints."""

    base_path = "algorithms/invocations/"
    model = Invocation
