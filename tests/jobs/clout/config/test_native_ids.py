"""The normal form of ids: one spelling each, stable, and never two people in one."""

from __future__ import annotations

import pytest
from clout.config.native_ids import look_alike, normal_id, normal_key
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("spelt", "stored"),
    [
        ("Jose\u0301", "Jos\u00e9"),
        ("p07\u200b", "p07"),
        ("\ufeff88 ", "88"),
        ("Anna", "Anna"),
        ("\uff50\uff11\uff15", "\uff50\uff11\uff15"),
        ("zw\u200did", "zwid"),
    ],
)
def test_an_id_is_stored_in_one_spelling(spelt, stored):
    assert normal_id(spelt) == stored


@pytest.mark.parametrize("spelt", ["P15", "p15", "@p15", "\uff50\uff11\uff15", "p\u200b15", " p15 "])
def test_spellings_that_a_person_takes_for_one_look_alike(spelt):
    assert look_alike(spelt) == "p15"


def test_other_ids_do_not_look_alike():
    others = ("dan", "dan-smith", "dan.smith", "dan_x", "dant\u00e9", "7", "70")
    assert len(set(map(look_alike, others))) == len(others)
    assert look_alike("007") == look_alike("7.0") == look_alike("7"), "as a spreadsheet has it"


def test_a_key_keeps_its_platform():
    assert normal_key(" murmur:Jose\u0301\u200b") == "murmur:Jos\u00e9"
    assert normal_key("at:did:plc:ab") == "at:did:plc:ab"


@given(st.text())
def test_both_forms_are_stable(text):
    assert normal_id(normal_id(text)) == normal_id(text)
    assert look_alike(look_alike(text)) == look_alike(text)
    assert look_alike(normal_id(text)) == look_alike(text)
