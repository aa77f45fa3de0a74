"""The OpenAPI document, and the API held to it by Schemathesis."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from posthouse.http.app import HANDLERS, camel_case
from tests.http.house import TOKEN, House

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
OPERATIONS = [camel_case(handler.handler_name) for handler in HANDLERS] + ["postEvents", "streamLive"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


async def test_document_names_every_route_and_every_answer(house: House) -> None:
    answer = await house.get("/api/schema")

    document = answer.json
    operations = [
        operation for path in document["paths"].values() for name, operation in path.items() if name != "parameters"
    ]
    assert answer.headers["content-type"].startswith("application/json")
    assert document["openapi"].startswith("3.1")
    assert len(operations) == len(OPERATIONS)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"], operation
        for status, response in operation["responses"].items():
            schema = next(iter(response["content"].values()))["schema"]
            assert schema["$ref"].startswith("#/components/schemas/"), (operation["operationId"], status)


async def test_document_refers_to_nothing_that_is_not_in_it(house: House) -> None:
    document = (await house.get("/api/schema")).json

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(child) for child in value.values()))
        return set().union(*(references(child) for child in value)) if isinstance(value, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known
    assert "___" not in msgspec.json.encode(document).decode()


async def test_document_comes_alone(house: House) -> None:
    for path in ("/api/schema/openapi.json", "/api/schema/redoc", "/api/schema/x"):
        answer = await house.get(path)
        assert (answer.status, answer.code) == (404, "request.unknown_path")


@pytest.fixture(scope="module")
def operations(threaded_house: str) -> dict[str, Any]:
    """Every operation of the document by its id."""
    schema = schemathesis.openapi.from_url(f"{threaded_house}/api/schema", headers=HEADERS)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def test_every_operation_is_held_to_its_document(operations: dict[str, Any]) -> None:
    assert set(operations) == set(OPERATIONS)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "streamLive"])
def test_operation_keeps_to_its_document(operations: dict[str, Any], name: str) -> None:
    @given(case=operations[name].as_strategy())
    @settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None, database=None)
    def keeps(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    keeps()
