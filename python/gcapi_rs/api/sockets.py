"""Sockets."""

from __future__ import annotations

from ..models import ComponentInterface
from .group import APIGroup

__all__ = ["ComponentInterfacesAPI"]


class ComponentInterfacesAPI(APIGroup[ComponentInterface]):
    """The sockets of the whole platform."""

    base_path = "components/interfaces/"
    model = ComponentInterface
