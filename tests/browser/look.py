"""What a person would see, measured: overflow, contrast. Chromium computes; the formulas are WCAG 2.2's.

And what axe finds, with every rule it has switched on by itself, the best practices among them.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.waiting import eventually

PATIENCE_S = 20.0  # for conditions that come true long before, even on a busy machine

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# The contrast of each element that has text of its own, against the nearest ground that is painted.
_CONTRASTS = """
() => {
  const channel = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const texts = [...document.body.querySelectorAll("*")].filter((element) =>
    element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.map((element) => {
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    return [element.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)];
  });
}
"""


def until(page: Page, expression: str, argument: object = None) -> None:
    """Wait for a JavaScript expression to be true in the page.

    Not Playwright's `wait_for_function`: that looks again with an `eval` of the page's own, which our Content Security
    Policy refuses; so it passes as long as the first look finds it true, and fails on a busier machine.
    """
    eventually(lambda: page.evaluate(expression, argument), within=PATIENCE_S)


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than the window."""
    found: int = _dressed(page).evaluate(_OVERFLOW)
    return found


def faint_texts(page: Page, least: float = 4.5) -> list[str]:
    """The texts whose contrast is less than `least`; raises where there is no text at all."""
    found: list[tuple[str, float]] = [(text, ratio) for text, ratio in _dressed(page).evaluate(_CONTRASTS)]
    assert found
    return [text for text, ratio in found if ratio < least]


def barriers(page: Page) -> list[str]:
    """What axe finds wrong, a line for each rule and place; raises where it has checked nothing."""
    found = Axe().run(_dressed(page)).response
    assert len(found["passes"]) > 10
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


def _dressed(page: Page) -> Page:
    """The page with its stylesheet: its text is there before, and whoever measures then makes Chromium lay it out without."""
    page.wait_for_load_state("load")
    return page
