"""Algorithms, their images, jobs and endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .base import Model
from .sockets import ComponentInterface, HangingProtocol, HyperlinkedComponentInterfaceValue

__all__ = [
    "Algorithm",
    "AlgorithmImage",
    "AlgorithmInterface",
    "Endpoint",
    "HyperlinkedJob",
    "Invocation",
]


@dataclass(eq=False, repr=False)
class AlgorithmInterface(Model):
    """The sockets that an algorithm reads and writes."""

    inputs: list[ComponentInterface]
    outputs: list[ComponentInterface]


@dataclass(eq=False, repr=False)
class Algorithm(Model):
    """An algorithm.

    Attributes
    ----------
    average_duration : float or None
        Seconds.
    """

    api_url: str
    url: str
    description: str | None
    pk: str
    title: str
    logo: str
    slug: str
    average_duration: float | None
    interfaces: list[AlgorithmInterface]


@dataclass(eq=False, repr=False)
class AlgorithmImage(Model):
    """A container image of an algorithm."""

    pk: str
    url: str
    api_url: str
    algorithm: str
    created: str
    import_status: str
    image: str | None


@dataclass(eq=False, repr=False)
class HyperlinkedJob(Model):
    """A run of an algorithm, with its inputs and outputs."""

    pk: str
    url: str
    api_url: str
    algorithm_image: str
    inputs: list[HyperlinkedComponentInterfaceValue]
    outputs: list[HyperlinkedComponentInterfaceValue]
    status: str
    hanging_protocol: HangingProtocol | None
    optional_hanging_protocols: list[HangingProtocol]
    view_content: Any
    exec_duration: str | None
    invoke_duration: str | None
    algorithm: str


@dataclass(eq=False, repr=False)
class Endpoint(Model):
    """An algorithm that is kept running."""

    api_url: str
    pk: str
    algorithm: str
    status: str
    remaining_lifetime: str


@dataclass(eq=False, repr=False)
class Invocation(Model):
    """A run of an endpoint."""

    pk: str
    endpoint: str
    inputs: list[HyperlinkedComponentInterfaceValue]
    outputs: list[HyperlinkedComponentInterfaceValue]
    status: str
    error_message: str
