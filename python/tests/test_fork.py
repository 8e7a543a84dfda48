"""Clients and archives in the workers of a `DataLoader`, which are forks of a live process."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from conftest import Platform

import gcapi_rs
from gcapi_rs.archive import Archive, ArchivedItem

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


class Dataset:
    """What a `DataLoader` is given: it hands itself to its workers by forking."""

    def __init__(self, client: gcapi_rs.Client, archive: Archive, folder: Path) -> None:
        self.client, self.archive, self.folder = client, archive, folder
        self.pks = [item.pk for item in archive]

    def __getitem__(self, index: int) -> tuple[str, int, int]:
        """Asks the platform, reads the archive, and fetches files."""
        item = self.archive.item(self.pks[index])
        remote = self.client.archive_items.detail(pk=item.pk)
        for value in remote.values:
            self.client.download_socket_value(value, output_directory=self.folder / item.pk)
        found = sum(path.is_file() for path in (self.folder / item.pk).rglob("*"))
        return remote.pk, found, os.getpid()


def work(dataset: Dataset, indices: range, found: Any) -> None:
    """What a worker does."""
    for index in indices:
        found.put(dataset[index])


def test_workers_that_are_forks_use_what_the_parent_used(
    ours: gcapi_rs.Client, platform: Platform, tmp_path: Path
) -> None:
    archive = Archive(platform.reference)
    dataset = Dataset(ours, archive, tmp_path)
    # The runtime and its connections are alive when the process forks.
    ours.archives.detail(slug="demo")
    context = multiprocessing.get_context("fork")
    found: Any = context.Queue()
    halves = [range(0, len(archive), 2), range(1, len(archive), 2)]
    workers = [context.Process(target=work, args=(dataset, half, found)) for half in halves]
    for worker in workers:
        worker.start()
    results = [found.get(timeout=60) for _ in dataset.pks]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(pk for pk, _, _ in results) == dataset.pks
    assert os.getpid() not in {process for _, _, process in results}
    assert sum(found for _, found, _ in results) > len(archive)
    # And the parent's connections are what they were.
    assert ours.archives.detail(slug="demo").title


def _waits(download: object) -> str:
    try:
        download.wait(0.1)  # type: ignore[attr-defined]
    except RuntimeError as error:
        return str(error)
    return "it waited"


def test_a_download_belongs_to_the_process_that_started_it(
    ours: gcapi_rs.Client, tmp_path: Path
) -> None:
    stream = ours.archives.stream("demo", tmp_path)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(_waits(stream._running)))
    child.start()
    assert receiver.poll(30)
    assert "process" in receiver.recv()
    child.join(30)
    assert child.exitcode == 0
    assert len(list(stream)) == 12


def test_archives_and_items_can_be_pickled(platform: Platform) -> None:
    archive = Archive(platform.reference)
    again = pickle.loads(pickle.dumps(archive))
    assert list(again) == list(archive)
    item = next(iter(archive))
    copy: ArchivedItem = pickle.loads(pickle.dumps(item))
    assert (copy.pk, dict(copy)) == (item.pk, dict(item))
