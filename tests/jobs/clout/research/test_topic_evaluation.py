"""The file of posts whose topics people said: what a line may be, and by which words another is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from clout.errors import InvalidInput
from clout.research.topic_evaluation import read_posts


def test_a_line_needs_topics_alone(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(
        '\ufeff{"topics": []}\r\n\n{"text": "a\u2028b #chess", "topics": ["chess"], "hashtags": null, "more": 1}\n',
        encoding="utf-8",
    )
    plain, other = read_posts(file)
    assert (plain.post.text, plain.right, plain.is_tricky) == (None, frozenset(), None)
    assert (other.post.text, other.post.hashtags, other.right) == ("a\u2028b #chess", ("chess",), {"chess"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "row 2: is no JSON"),
        ("[]", "row 2: is no JSON object; write one object a line"),
        ('{"text": "x"}', "row 2: topics is missing; say [] where the post is about none"),
        ('{"text": "x", "topics": null}', "row 2: topics is missing"),
        ('{"text": 1, "topics": []}', "row 2: text must be a text, or null, is '1'"),
        ('{"lang": ["en"], "topics": []}', "row 2: lang must be a text"),
        ('{"hashtags": "chess", "topics": []}', "row 2: hashtags must be a list of texts, is 'chess'"),
        ('{"hashtags": 0, "topics": []}', "row 2: hashtags must be a list of texts, is '0'"),
        ('{"links": [1], "topics": []}', "row 2: links must be a list of texts"),
        ('{"topics": ["chess"], "acceptable": {}}', "row 2: acceptable must be a list of texts"),
        ('{"topics": [], "tricky": "yes"}', "row 2: tricky must be true or false, is 'yes'"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(f'{{"topics": []}}\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as raised:
        read_posts(file)
    assert str(raised.value).startswith(f"{file}, {said}")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "latin.jsonl").write_bytes(b'{"text": "\xe9", "topics": []}\n')
    for name, said in (
        ("none.jsonl", "cannot be read"),
        ("empty.jsonl", "holds no post"),
        ("latin.jsonl", "cannot be read"),
    ):
        with pytest.raises(InvalidInput, match=said):
            read_posts(tmp_path / name)
