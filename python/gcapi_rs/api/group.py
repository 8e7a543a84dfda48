"""What every group of the interface can do: a page, everything, one object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urljoin

from ..exceptions import (
    HTTPStatusError,
    MalformedResponse,
    MultipleObjectsReturned,
    ObjectNotFound,
)
from ..listing import walk
from ..models import Model
from ..pages import PageResult

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["APIGroup"]

M = TypeVar("M", bound=Model)


class APIGroup(Generic[M]):
    """A group of objects of one kind.

    Attributes
    ----------
    model : type
        What its objects are.
    base_path : str
        Its path below the base URL.
    """

    model: type[M]
    base_path: ClassVar[str]

    def __init__(self, client: Client) -> None:
        self._client = client

    def page(
        self, offset: int = 0, limit: int = 100, params: dict[str, Any] | None = None
    ) -> PageResult[M]:
        """Some of the objects.

        Parameters
        ----------
        offset : int
            The position of the first one in the whole list, from 0.
        limit : int
            The most to get; the platform gives 1000 at a time at most.
        params : dict, optional
            Filters. The platform ignores those that it does not know.

        Returns
        -------
        PageResult
            A sequence of models, with ``offset``, ``limit`` and ``total_count``.

        Raises
        ------
        HTTPStatusError
            The platform refuses, for instance a filter that is no primary key.
        """
        answer = self._client(
            method="GET",
            path=self.base_path,
            params={**(params or {}), "offset": offset, "limit": limit},
        )
        try:
            total, results = answer["count"], answer["results"]
        except (TypeError, KeyError):
            raise MalformedResponse(
                f"{self.base_path}: the platform sent no page with 'count' and 'results'"
            ) from None
        objects = [self.model.from_json(entry) for entry in results]
        return PageResult(offset=offset, limit=limit, total_count=total, results=objects)

    def iterate_all(self, params: dict[str, Any] | None = None) -> Iterator[M]:
        """Every object, page by page as they are needed.

        Some lists of the platform have no order and change while they are read. Each object comes
        once, and the list is read again until its number agrees.

        Parameters
        ----------
        params : dict, optional
            Filters, as for `page`.

        Yields
        ------
        Model
        """
        return walk(lambda offset, limit: self.page(offset, limit, params))

    def detail(self, pk: str | None = None, api_url: str | None = None, **params: Any) -> M:
        """One object, by its primary key, its URL, or filters that only it matches.

        Parameters
        ----------
        pk : str, optional
        api_url : str, optional
            As other objects name it.
        **params
            Filters, such as ``slug="my-archive"``.

        Raises
        ------
        ValueError
            Not exactly one of the three was given.
        ObjectNotFound
            There is none, or none that the account may see.
        MultipleObjectsReturned
            Several objects match the filters.
        ConfigurationError
            ``api_url`` is not on the platform.
        """
        if sum([pk is not None, api_url is not None, bool(params)]) != 1:
            raise ValueError("give exactly one of pk, api_url, and filters such as slug=...")
        if params:
            return self._only(params)
        url = api_url if api_url is not None else self._url(f"{pk}/")
        try:
            return self.model.from_json(self._client(method="GET", url=url))
        except HTTPStatusError as error:
            if error.response.status_code == 404:
                raise ObjectNotFound(
                    f"{self.model.__name__} {pk or api_url}: there is none, "
                    "or none that this account may see"
                ) from error
            raise

    def _only(self, params: dict[str, Any]) -> M:
        page = self.page(params=params)
        shown = ", ".join(f"{name}={value!r}" for name, value in params.items())
        if len(page) == 0:
            raise ObjectNotFound(
                f"{self.model.__name__} with {shown}: there is none, "
                "or none that this account may see"
            )
        if len(page) > 1:
            raise MultipleObjectsReturned(
                f"{self.model.__name__} with {shown}: there are {page.total_count}; "
                "give a filter that only one matches"
            )
        return page[0]

    def _url(self, below: str = "") -> str:
        return urljoin(self._client.base_url, self.base_path + below)
