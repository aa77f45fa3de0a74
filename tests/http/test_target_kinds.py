"""`/api/target-kinds`: what forms and prompts are made of."""

from __future__ import annotations

from posthouse.targets.base import ANY, KINDS, FieldKind, TargetKind, target_kind
from tests.http.house import House


async def test_every_kind_says_what_is_entered_for_it(house: House) -> None:
    answer = await house.get("/api/target-kinds")

    kinds = {one["kind"]: one for one in answer.json["items"]}
    assert set(kinds) == set(KINDS)
    url = kinds["webhook"]["fields"][0]
    assert (url["path"], url["kind"], url["isRequired"]) == (["url"], "url", True)


def test_every_secret_that_is_asked_for_is_kept_as_one_and_conditions_name_choices_that_there_are() -> None:
    for kind in map(target_kind, KINDS):
        secrets = {field.path for field in kind.secret_fields}
        by_path = {field.path: field for field in kind.fields}
        assert len(by_path) == len(kind.fields)
        for field in kind.fields:
            is_secret = field.kind in (FieldKind.SECRET, FieldKind.SIGN_IN)
            assert is_secret == (field.path in secrets), field.path
            assert (field.kind is FieldKind.SECRETS) == ((*field.path, ANY) in secrets), field.path
            assert bool(field.choices) == (field.kind is FieldKind.CHOICE), field.path
            if field.when is not None:
                assert field.when.value in {one.value for one in by_path[field.when.path].choices}, field.path


def test_fields_of_endpoints_hold_no_secrets_and_kinds_without_them_take_nothing() -> None:
    for kind in map(target_kind, KINDS):
        assert all(field.kind not in (FieldKind.SECRET, FieldKind.SECRETS) for field in kind.endpoint_fields)
        if not kind.endpoint_fields:
            assert bytes(kind.parse_endpoint({})) == b"{}"


def test_every_kind_has_all_that_a_kind_has() -> None:
    wanted = {name for name in vars(TargetKind) if not name.startswith("_")} | set(TargetKind.__annotations__)

    assert {"takes_messages", "pacing", "preview"} <= wanted
    assert {name for name in KINDS if wanted - set(dir(target_kind(name)))} == set()
