"""The page's prose about the modes."""

import pytest

from sandbox.explanations import HTTP_EFFECTS, MAILCHIMP_EFFECTS, SMTP_EFFECTS
from sandbox.modes import Mode


@pytest.mark.parametrize("effects", [HTTP_EFFECTS, MAILCHIMP_EFFECTS, SMTP_EFFECTS])
def test_every_mode_is_explained_in_a_sentence_of_its_own(effects: dict[Mode, str]) -> None:
    assert list(effects) == list(Mode)
    assert len(set(effects.values())) == len(Mode)
    assert all(sentence.endswith(".") for sentence in effects.values())
