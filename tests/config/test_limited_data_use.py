"""Limited Data Use as a client's file says it, whose scalars come as text."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.limited_data_use import LimitedDataUseSettings


def test_codes_of_a_file_are_read_as_the_numbers_that_they_are() -> None:
    read = LimitedDataUseSettings.model_validate({"when": "denied", "country": "1", "state": "1000"})
    assert (read.country, read.state) == (1, 1000)


@pytest.mark.parametrize("code", ["2", "one", "-1", "1.0"])
def test_any_other_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        LimitedDataUseSettings.model_validate({"when": "denied", "country": code, "state": "1000"})
