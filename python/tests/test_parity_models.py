"""Models of every kind, also of those that no server here has: the same in both packages."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import gcapi
import pytest
from compare import assert_same, outcome, plain
from scripted import ScriptedPlatform, answer_json
from synthetic import Maker
from test_parity_reading import GROUPS, group_of

import gcapi_rs
from gcapi_rs import models


def objects(kind: type) -> list[dict[str, Any]]:
    """Objects with everything, with nothing that may be missing, and with other choices."""
    maker = Maker()
    return [maker.make(kind), maker.make(kind, full=False), maker.make(kind)]


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_every_kind(
    scripted: ScriptedPlatform, scripted_theirs: Any, scripted_ours: Any, group: str
) -> None:
    theirs, ours = (group_of(client, group) for client in (scripted_theirs, scripted_ours))
    entries = objects(theirs.model)
    assert theirs.base_path == ours.base_path
    scripted.list(f"/api/v1/{theirs.base_path}", entries)
    scripted.routes[f"/api/v1/{theirs.base_path}pk/"] = lambda asked: answer_json(entries[0])
    for call in (
        lambda one: one.page(),
        lambda one: list(one.iterate_all()),
        lambda one: one.detail(pk="pk"),
        lambda one: one.detail(api_url=f"{scripted.base_url}{one.base_path}pk/"),
        # How it is printed, nested ones too.
        lambda one: repr(one.page()[0]),
    ):
        assert_same(outcome(lambda: call(theirs)), outcome(lambda: call(ours)))


@pytest.mark.parametrize("group", GROUPS)
def test_models_are_values(ours: gcapi_rs.Client, theirs: gcapi.Client, group: str) -> None:
    kind = group_of(ours, group).model
    for entry in objects(group_of(theirs, group).model):
        model = kind.from_json(entry)
        assert model == kind.from_json(copy.deepcopy(entry))
        assert model != kind.from_json({**entry, "pk": entry["pk"] * 2})
        for same in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
            assert (same, repr(same), plain(same)) == (model, repr(model), plain(model))
        with pytest.raises(TypeError, match="unhashable"):
            hash(model)


def test_lists_of_parts(
    scripted: ScriptedPlatform, scripted_theirs: Any, scripted_ours: Any
) -> None:
    entry = Maker().make(gcapi.models.UserUploadParts)
    scripted.routes["/api/v1/uploads/a/b/list-parts/"] = lambda asked: answer_json(entry)
    theirs, ours = (
        outcome(lambda: client.uploads.list_parts(pk="a", s3_upload_id="b"))
        for client in (scripted_theirs, scripted_ours)
    )
    assert_same(theirs, ours)


def test_fields_have_the_names_and_order_of_gcapi() -> None:
    for name in models.__all__:
        kind = getattr(models, name)
        theirs = getattr(gcapi.models, name, None)
        if theirs is None or not dataclasses.is_dataclass(kind):
            assert name in ("Model", "ImageFiles") or list(theirs.__members__) == list(
                kind.__members__
            )
            continue
        assert [field.name for field in dataclasses.fields(kind)] == [
            field.name for field in dataclasses.fields(theirs)
        ]


def image(**changes: Any) -> dict[str, Any]:
    return {**Maker().make(gcapi.models.HyperlinkedImage), **changes}


def test_fields_of_another_version_are_kept() -> None:
    entry = image(patient_id="7", nested={"a": [1, 10**30]})
    model = models.HyperlinkedImage.from_json(entry)
    assert (model.patient_id, model.nested) == ("7", {"a": [1, 10**30]})  # type: ignore[attr-defined]
    assert "patient_id='7'" in repr(model)
    assert pickle.loads(pickle.dumps(model)).patient_id == "7"
    assert model != models.HyperlinkedImage.from_json({**entry, "patient_id": "8"})
    assert not hasattr(model, "no_such_field")


def test_fields_that_may_be_empty_may_be_missing() -> None:
    entry = image()
    del entry["width"], entry["dicom_image_set"]
    model = models.HyperlinkedImage.from_json(entry)
    assert (model.width, model.dicom_image_set) == (None, None)
    item = Maker().make(gcapi.models.ArchiveItem, full=False)
    del item["title"]
    assert models.ArchiveItem.from_json(item).title == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pk": 7}, "HyperlinkedImage.pk"),
        ({"files": None}, "HyperlinkedImage.files"),
        ({"files": [{"pk": "7"}]}, "ImageFile.*'file'"),
        ({"files": ["text"]}, "ImageFile"),
        ({"width": "7"}, "HyperlinkedImage.width"),
        ({"width": True}, "HyperlinkedImage.width"),
        ({"voxel_width_mm": "0.5"}, "HyperlinkedImage.voxel_width_mm"),
        ({"dicom_image_set": []}, "DICOMImageSet"),
    ],
)
def test_what_is_not_as_promised_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(gcapi_rs.exceptions.MalformedResponse, match=named):
        models.HyperlinkedImage.from_json(image(**changes))


def test_a_choice_of_a_newer_platform_is_a_text() -> None:
    model = models.HyperlinkedImage.from_json(image(color_space="CMYK", eye_choice="X"))
    assert (model.color_space, model.eye_choice) == ("CMYK", "X")


@pytest.mark.parametrize("name", ["socket", "interface"])
def test_a_value_has_its_socket_under_both_names(name: str) -> None:
    entry = Maker().make(gcapi.models.HyperlinkedComponentInterfaceValue)
    del entry[name]
    value = models.HyperlinkedComponentInterfaceValue.from_json(entry)
    assert value.socket == value.interface
    assert value.socket.relative_path


def test_the_name_that_documented_scripts_use_for_an_image() -> None:
    model = models.HyperlinkedImage.from_json(image())
    assert model.file == model.pk


@pytest.mark.parametrize(
    "body", ["[]", "null", '{"count": 1}', '"text"', '{"count": 1, "results": [3]}']
)
def test_a_page_that_is_none(scripted: ScriptedPlatform, scripted_ours: Any, body: str) -> None:
    from scripted import Answer

    answer = Answer(200, body.encode(), {"Content-Type": "application/json"})
    scripted.routes["/api/v1/archives/"] = lambda asked: answer
    with pytest.raises(gcapi_rs.exceptions.MalformedResponse):
        scripted_ours.archives.page()
