import pytest
from pydantic import ValidationError

from catalog_service.catalog.record import SearchQuery


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "\x00"},
        {"text": "x" * 401},
        {"theme": "\x1b"},
        {"agency": "a'b"},
        {"limit": 0},
        {"limit": 101},
        {"opening": "open"},
        {"cursor": "x" * 2_001},
        {"state": "draft"},
    ],
)
def test_a_question_out_of_bounds_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SearchQuery.model_validate(asked)


def test_quotes_wildcards_and_any_script_may_be_asked_for() -> None:
    text = "100% _ ' \" \\ 無錫 🀄"
    assert SearchQuery(text=text).text == text
