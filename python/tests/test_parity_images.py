"""`images.download`: the same files as gcapi writes, and what it cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gcapi
import pytest
from compare import assert_same, outcome, tree

import gcapi_rs

UNKNOWN = "00000000-0000-0000-0000-000000000000"

Download = Callable[[Any, Path], Any]


@pytest.fixture(scope="module")
def images(ours: gcapi_rs.Client) -> dict[str, Any]:
    """The images of the demo archive, by name."""
    return {image.name: image for image in ours.images.iterate_all()}


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder for gcapi and one for us."""
    yield tmp_path / "theirs", tmp_path / "ours"


def same(
    theirs: gcapi.Client, ours: gcapi_rs.Client, folders: tuple[Path, Path], download: Download
) -> None:
    """The same paths, errors and bytes."""
    results = []
    for client, folder in zip((theirs, ours), folders):
        # Paths are compared below the folder.
        results.append(outcome(lambda: [p.relative_to(folder) for p in download(client, folder)]))
    assert_same(*results)
    assert tree(folders[1]) == tree(folders[0])


SAME = ["t1.mha", "Thorax/Größe 8 mm.mha", "core.tif", "slide.tif", "CT abdomen", "症例04.mha"]


@pytest.mark.parametrize("name", SAME)
def test_an_image_by_its_names(
    theirs: Any, ours: Any, folders: Any, images: Any, name: str
) -> None:
    image = images[name]
    same(theirs, ours, folders, lambda c, f: c.images.download(pk=image.pk, output_directory=f))
    same(theirs, ours, folders, lambda c, f: c.images.download(pk=image.pk, output_directory=f))
    for number, arguments in enumerate([{"url": image.api_url}, {"name": image.name}]):
        same(
            theirs,
            ours,
            folders,
            lambda c, f: c.images.download(output_directory=f / str(number), **arguments),
        )


@pytest.mark.parametrize("name", ["t1.mha", "core.tif"])
def test_names_for_the_files(theirs: Any, ours: Any, folders: Any, images: Any, name: str) -> None:
    image = images[name]
    for folder in folders:
        (folder / "below").mkdir(parents=True)
    for arguments in [
        {"files": image.files},
        {"files": image.files, "filename": "name"},
        {"pk": image.pk, "filename": ""},
        {"pk": image.pk, "filename": "name.with.dots"},
        {"url": image.api_url, "filename": Path("below") / "name"},
    ]:
        same(
            theirs,
            ours,
            folders,
            lambda c, f: c.images.download(output_directory=str(f), **arguments),
        )


def test_mistakes(theirs: Any, ours: Any, folders: Any, images: Any) -> None:
    image = images["t1.mha"]
    for arguments in [
        {},
        {"files": []},
        {"pk": image.pk, "url": image.api_url},
        {"pk": image.pk, "files": image.files},
        {"url": image.api_url, "name": "x"},
        {"pk": UNKNOWN},
        {"pk": "no-uuid"},
        {"url": image.api_url.replace(image.pk, UNKNOWN)},
        {"url": image.files[0].file},
        {"url": "https://example.invalid/"},
        {"url": image.api_url.replace("https", "http")},
        {"name": "no-such-name"},
        {"name": "case_001.mha"},
    ]:
        same(theirs, ours, folders, lambda c, f: c.images.download(output_directory=f, **arguments))
        assert not folders[1].exists()


def test_a_file_where_a_folder_should_be(theirs: Any, ours: Any, folders: Any, images: Any) -> None:
    for folder in folders:
        folder.write_text("not a folder")
    for name in ["t1.mha", "CT abdomen"]:
        pk = images[name].pk
        for client, folder in zip((theirs, ours), folders):
            with pytest.raises(FileExistsError):
                client.images.download(pk=pk, output_directory=folder)


def test_what_exists_is_found_before_anything_is_fetched(
    ours: Any, images: Any, tmp_path: Path
) -> None:
    for name in ["core.tif", "CT abdomen", "phantom.mhd", "test_retest"]:
        image, folder = images[name], tmp_path / name
        paths = ours.images.download(pk=image.pk, output_directory=folder)
        for path in paths[:-1]:
            path.unlink()
        paths[-1].write_text("mine")
        before = ours._session.statistics()[0]
        with pytest.raises(FileExistsError, match="exists"):
            ours.images.download(pk=image.pk, output_directory=folder)
        # The record of the image, and the list of the instances.
        assert ours._session.statistics()[0] - before <= 2
        assert list(folder.iterdir()) == [paths[-1]]
        assert paths[-1].read_text() == "mine"


def test_files_of_a_type(ours: Any, images: Any, tmp_path: Path) -> None:
    """gcapi compares a text with a member of an enumeration and never finds any."""
    download = ours.images.download
    image = images["slide.tif"]
    for kind in ["TIFF", gcapi_rs.models.ImageTypeEnum.TIFF]:
        folder = tmp_path / str(kind)
        paths = download(pk=image.pk, output_directory=folder, image_type=kind)
        assert paths == [folder / f"{image.pk}.tif"]
    assert download(pk=image.pk, output_directory=tmp_path, image_type="MHD") == []


def test_files_of_one_suffix_are_told_apart(
    theirs: Any, ours: Any, images: Any, folders: Any
) -> None:
    image = images["test_retest"]
    with pytest.raises(FileExistsError):
        theirs.images.download(pk=image.pk, output_directory=folders[0])
    paths = ours.images.download(pk=image.pk, output_directory=folders[1])
    assert [path.name for path in paths] == [f"{image.pk}-{file.pk}.mha" for file in image.files]
    assert list(tree(folders[0]).values())[0] == tree(folders[1])[paths[0].name]


def test_a_header_names_its_data_as_they_are_called_here(
    theirs: Any, ours: Any, images: Any, folders: Any
) -> None:
    image = images["phantom.mhd"]
    for client, folder in zip((theirs, ours), folders):
        client.images.download(pk=image.pk, output_directory=folder)
    left, right = (tree(folder) for folder in folders)
    assert right.pop(f"{image.pk}.mhd") != left.pop(f"{image.pk}.mhd")
    assert right == left
    served, written = ((folder / f"{image.pk}.mhd").read_bytes() for folder in folders)
    assert written == served.replace(b"phantom.zraw", f"{image.pk}.zraw".encode())


def test_a_path_as_filename(ours: Any, images: Any, tmp_path: Path) -> None:
    image = images["t1.mha"]
    wanted = tmp_path / "deep" / "er" / "name"
    assert ours.images.download(url=image.api_url, filename=wanted) == [
        wanted.with_name("name.mha")
    ]
    instances = ours.images.download(url=images["CT abdomen"].api_url, filename=wanted)
    assert len(instances) == 24
    assert {(path.parent, path.suffix) for path in instances} == {(wanted, ".dcm")}
    with pytest.raises(TypeError, match="output_directory"):
        ours.images.download(pk=image.pk)


def test_a_listed_dicom_image_set_has_files_to_pass_on(
    ours: Any, images: Any, tmp_path: Path
) -> None:
    import copy
    import pickle

    image = images["CT abdomen"]
    assert image.files == []
    for files in [image.files, copy.deepcopy(image).files, pickle.loads(pickle.dumps(image)).files]:
        paths = ours.images.download(files=files, filename=tmp_path / str(id(files)))
        assert len(paths) == 24


def test_a_refused_file_is_an_http_error_and_leaves_nothing(
    ours: Any, images: Any, tmp_path: Path
) -> None:
    import copy

    import httpx

    image = copy.deepcopy(images["core.tif"])
    image.files[1].file = image.files[1].file.replace(image.pk, UNKNOWN)
    with pytest.raises(httpx.HTTPStatusError) as raised:
        ours.images.download(files=image.files, output_directory=tmp_path / "folder")
    assert raised.value.response.status_code in (403, 404)
    assert isinstance(raised.value, gcapi_rs.exceptions.GCAPIError)
    assert UNKNOWN in raised.value.url
    assert tree(tmp_path) == {}
