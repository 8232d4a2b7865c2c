from flask import Flask, session
from flask.testing import FlaskClient


def test_what_nobody_has_looked_at_is_not_spoken_of(client: FlaskClient) -> None:
    answer = client.get("/livez")
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_what_is_in_it_comes_back_and_only_as_it_was_signed(app: Flask) -> None:
    @app.get("/count")
    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    client = app.test_client()
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    assert "Cookie" in client.get("/count").headers["Vary"]
    cookie = client.get_cookie("usher")
    assert cookie is not None
    middle = len(cookie.value) - 10  # the last letter has bits that do not count
    other = "A" if cookie.value[middle] != "A" else "B"
    client.set_cookie("usher", cookie.value[:middle] + other + cookie.value[middle + 1 :])
    assert client.get("/count").text == "1"
    client.delete_cookie("usher")
    client.set_cookie("somebody-elses", "cookie")
    assert client.get("/count").text == "1"


def test_what_is_emptied_is_taken_back(app: Flask) -> None:
    @app.get("/fill")
    def fill() -> str:
        session["visits"] = 1
        return ""

    @app.get("/empty")
    def empty() -> str:
        session.clear()
        return ""

    client = app.test_client()
    client.get("/fill")
    assert client.get_cookie("usher") is not None
    client.get("/empty")
    assert client.get_cookie("usher") is None
