import pytest

from webapp.rules.language_tag import well_formed


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "de-AT",
        "pt-BR",
        "zh-Hant-TW",
        "es-419",
        "sl-rozaj-biske",
        "de-CH-1901",
        "en-u-ca-gregory",
        "x-pirate",
        "gsw",
        "zh-cmn-Hans-CN",
    ],
)
def test_a_well_formed_tag_is_taken_as_it_is(tag: str) -> None:
    assert well_formed(tag) == tag


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "en_US",
        "en-",
        "-en",
        "en--US",
        "en US",
        "en-US\n",
        "12",
        "toolongtag",
        "en-u",
        "x",
        "ën",
        "en;q=0.8",
        "en-" + "a1234567-" * 4 + "a1",
    ],
)
def test_what_is_not_well_formed_is_refused_with_an_example(tag: str) -> None:
    with pytest.raises(ValueError, match="pt-BR"):
        well_formed(tag)
