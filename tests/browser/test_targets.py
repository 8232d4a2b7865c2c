"""Whoever uses a thumb hits what they aim at: buttons, fields and links that stand alone are 44 pixels high (WCAG 2.2, 2.5.5)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

LEAST = 44

_LOW = """
(least) => [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
  .filter((element) => element.checkVisibility() && !element.closest(".more") && element.getBoundingClientRect().height < least)
  .map((element) => `${element.localName} ${element.textContent.trim()}: ${element.getBoundingClientRect().height}`)
"""


@pytest.mark.parametrize("path", ["/", "/nothing-is-here", "/unsubscribe/forged"])
def test_everything_to_be_pressed_is_high_enough_for_a_thumb(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(path, width=320)
    assert page.locator("a, button").count() > 0
    assert page.evaluate(_LOW, LEAST) == []
