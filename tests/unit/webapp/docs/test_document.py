import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Map, Rule

from webapp.docs.document import OPERATIONS, UndescribedError, addresses, document


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    body: dict[str, Any] = answer.json
    return body


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in described["paths"].values() for operation in methods.values()]


def test_it_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


def test_every_route_of_the_api_is_in_it_and_nothing_else_is(app: Flask, described: dict[str, Any]) -> None:
    found = {f"{method.upper()} {path}" for path, methods in described["paths"].items() for method in methods}
    assert found == set(addresses(app.url_map))
    assert "POST /api/v1/signups" in found


@pytest.mark.parametrize(
    ("routes", "alone"),
    [
        ([*OPERATIONS, "POST /api/v1/secrets"], "POST /api/v1/secrets"),
        ([one for one in OPERATIONS if one != "POST /api/v1/signups"], "POST /api/v1/signups"),
    ],
    ids=["a route that nobody described", "a description of no route"],
)
def test_what_stands_alone_is_an_error_and_no_gap(routes: list[str], alone: str) -> None:
    rules = [(one.partition(" ")[0], one.partition(" ")[2].replace("{", "<").replace("}", ">")) for one in routes]
    with pytest.raises(UndescribedError, match=f"^{alone}$"):
        document(Map([Rule(path, methods=[method]) for method, path in rules]))


def test_each_operation_has_a_name_of_its_own_and_says_that_it_may_fail(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(described)]
    assert len(set(names)) == len(names)
    for operation in operations(described):
        assert {"500", "503"} <= operation["responses"].keys()
        assert operation["summary"]


def test_every_error_is_a_problem_document(described: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operation in operations(described):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {json.dumps(answer["content"]) for answer in errors.values()} == {json.dumps(problem)}


def test_what_is_behind_the_login_says_so(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert (operation.get("security") == [{"operator": []}]) == path.startswith("/api/v1/ops/")
            assert ("401" in operation["responses"]) == ("security" in operation)


def test_each_example_is_valid(described: dict[str, Any]) -> None:
    examined = 0
    for operation in operations(described):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (each for body in bodies for each in body.get("content", {}).values() if "example" in each):
            schema = {**content["schema"], "components": described["components"]}
            Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
                content["example"]
            )
            examined += 1
    assert examined > 5


def test_each_link_leads_to_an_operation_that_takes_what_it_hands_on(described: dict[str, Any]) -> None:
    taken = {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", ())}
        for operation in operations(described)
    }
    links = [
        link
        for operation in operations(described)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for link in links:
        assert link["parameters"].keys() <= taken[link["operationId"]]


def test_the_model_that_validates_is_the_one_that_is_described(described: dict[str, Any]) -> None:
    body = described["paths"]["/api/v1/signups"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/SignupRequest"}
    model = described["components"]["schemas"]["SignupRequest"]
    assert (model["required"], model["additionalProperties"]) == (["email"], False)


def test_whoever_has_it_already_is_not_sent_it_again(client: FlaskClient) -> None:
    tag = client.get("/api/v1/openapi.json").headers["ETag"]
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def test_the_page_brings_its_own_scripts_and_styles(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    parts = page.split('"')
    files = [part for part in parts if part.startswith("/static/")]
    assert len(files) == 5
    assert {client.get(file).status_code for file in files} == {200}
    assert "//" not in page.replace("<!doctype html>", "")


def test_a_type_of_problem_says_what_it_means_and_an_unknown_one_is_404(client: FlaskClient) -> None:
    found = client.get("/api/v1/problems/idempotency-key-in-flight").json
    assert (found["status"], found["type"]) == (409, "/api/v1/problems/idempotency-key-in-flight")
    assert client.get("/api/v1/problems/nothing").status_code == 404
