"""The matcher: strict on what may be a joke, and still of use; each way in which a topic is found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clout.config.ontology import Ontology, read_ontology
from clout.config.sources import Source
from clout.lake.schemas import POSTS
from clout.platforms.exports import files
from clout.platforms.pull.rows import Batch
from clout.platforms.pull.said import links, tags, tags_of
from clout.research.topic_evaluation import judged, read_posts
from clout.score import topic_posts
from clout.score.post_words import in_words, tags_in, text_hash
from clout.score.topic_matcher import Matcher, Post

DAY = date(2026, 3, 14)
INVENTED = Path(__file__).resolve().parents[1] / "research" / "topic_posts.jsonl"
OVERLAY = """action,topic,value,lang
link,duckdb,duckdb.org,
link,chess,example.org/games/chess,
platform,gardening,x:66/1,
platform,rust,github:rust,
hide,pizza,,
"""


@pytest.fixture(scope="module")
def ontology(tmp_path_factory: pytest.TempPathFactory) -> Ontology:
    overlay = tmp_path_factory.mktemp("topics") / "overlay.csv"
    overlay.write_text(OVERLAY)
    return read_ontology(None, overlay)


@pytest.fixture(scope="module")
def matcher(ontology: Ontology) -> Matcher:
    return Matcher(ontology)


def test_nothing_wrong_is_said_of_jokes_and_most_is_found(ontology: Ontology) -> None:
    posts = read_posts(INVENTED)
    figures = judged(posts, read_ontology())
    assert figures["n"] >= 1400
    assert figures["tricky"]["n"] >= 1000
    assert figures["tricky"]["precision"] == 1.0
    assert figures["precision"] == 1.0
    assert figures["recall"] >= 0.6


@pytest.mark.parametrize(
    ("post", "found"),
    [
        (Post("x", "en", ("Gardening",)), {"gardening": "tag"}),
        (Post("x", "en", ("vegetable_garden",)), {"vegetable-gardening": "tag"}),
        (Post("x", "ja", ("園芸",)), {"gardening": "tag"}),
        (Post("Seeds and compost for vegetable gardens.", "en"), {"vegetable-gardening": "phrase"}),
        (Post("Seeds for a vegetable. Garden?", "en"), {}),
        (Post("We moved to PostgreSQL", "en"), {"postgresql": "name"}),
        (Post("we moved to postgresql", "en"), {}),
        # one word, beside a near topic
        (Post("An espresso, please #coffee", "en", ("coffee",)), {"coffee": "tag", "espresso": "word"}),
        (Post("An espresso, please", "en"), {}),
        # a name that may mean something else: alone, beside its own field, and by two names
        (Post("he is so sweet", "en", ("python",)), {}),
        (Post("my first script", "en", ("python",)), {"python": "tag"}),
        (Post("the python swallows code", "en"), {}),
        (Post("x", "en", ("jazz", "bebop")), {"jazz": "tag"}),
        (Post("read https://duckdb.org/docs", "en", (), ("https://www.duckdb.org/docs?x=1",)), {"duckdb": "link"}),
        (Post("x", "en", (), ("http://blog.duckdb.org/",)), {"duckdb": "link"}),
        (Post("x", "en", (), ("https://example.org/games/chess/e4", "https://example.org/games")), {"chess": "link"}),
        (Post("x", "en", (), ("http://[",)), {}),
        (Post(None, None, (), (), ("66/1", "66/2"), "x"), {"gardening": "platform"}),
        (Post(None, None, (), (), ("66/1",), "y"), {}),
        (Post(None, None, ("postgresql",), is_repository=True), {"postgresql": "repository"}),
        # of a repository a word of technology means that; a hashtag ends before the signs of C++
        (Post(None, None, ("Python", "golf"), is_repository=True), {"python": "repository"}),
        (Post(None, None, ("Python", "golf")), {}),
        (Post(None, None, ("C",), is_repository=True), {}),
        (Post(None, None, ("Cpp",), is_repository=True), {"c-plus-plus": "repository"}),
        # what is sensitive and what is hidden is recognised, and not said
        (Post("x", "en", ("asthma", "gardening")), {"gardening": "tag"}),
        (Post("x", "en", ("pizza",)), {}),
        # words of others, addresses and names of people are no words of the post
        (Post("@vegetable garden", "en"), {}),
        (Post("see https://a.org/vegetable-garden", "en"), {}),
        # of another language: its names, and English ones of two words
        (Post("Unser Gemüse und machine learning", "de"), {"machine-learning": "phrase"}),
        (Post("Künstliche Intelligenz im Alltag", "de-AT"), {"artificial-intelligence": "phrase"}),
        (Post("Künstliche Intelligenz im Alltag", "en"), {}),
        (Post("", "en"), {}),
        # an English name that is another word in that language
        (Post("Manga rasgada no ônibus", "pt", ("manga",)), {}),
        (Post("Manga rasgada no ônibus", "es", ("chess",)), {"chess": "tag"}),
        (Post("Le anime belle esistono", "it", ("anime",)), {}),
        (Post("Novo volume na estante", "de", ("manga",)), {"manga": "tag"}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_way_of_being_found(matcher: Matcher, post: Post, found: dict[str, str]) -> None:
    assert matcher.topics(post) == found


def test_post_with_too_many_topics_is_about_none(matcher: Matcher) -> None:
    five = ("gardening", "coffee", "wine", "chess", "knitting")
    assert len(matcher.topics(Post("x", "en", five))) == 5
    assert matcher.topics(Post("x", "en", (*five, "hiking"))) == {}


def test_same_words_have_one_hash() -> None:
    one = text_hash("p1", "Buy my #soap now! https://a.org/1 @ann 17")
    assert one == text_hash("p2", "buy MY now https://b.org @bob 18 #other")
    assert one != text_hash("p3", "Buy my soap later")
    assert text_hash("p1", None) != text_hash("p2", None)
    assert text_hash("p1", "#soap 1") == text_hash("p2", "#Soap 2") != text_hash("p3", "#bread")


def row(**values: Any) -> dict[str, Any]:
    return {
        **{
            "post_key": "murmur:p1",
            "author_key": "murmur:ada",
            "post_type": "original",
            "lang": "en",
            "is_deleted": False,
        },
        **{"event_at": datetime(2026, 3, 13, 23, tzinfo=UTC), "platform": "murmur", "snapshot_date": DAY},
        **values,
    }


def posts_of(rows: list[dict[str, Any]]) -> pa.Table:
    schema = {name: POSTS.field(name).type for name in topic_posts.COLUMNS if name in POSTS.names}
    schema |= {"platform": pa.string(), "snapshot_date": pa.date32()}
    return pa.table({name: pa.array([each.get(name) for each in rows], kind) for name, kind in schema.items()})


def test_day_of_posts_becomes_rows_without_words(matcher: Matcher) -> None:
    rows = [
        row(text="Blight again #gardening #chess"),
        row(post_key="murmur:p2", text="Bonjour", lang="tlh", hashtags=["coffee"]),
        row(post_key="murmur:p3", text="#gardening", hashtags=[]),
        # not own words; gone; nobody's; of somebody who is left out
        *(row(post_key=f"murmur:{kind}", post_type=kind, hashtags=["coffee"]) for kind in ("reply", "share")),
        row(post_key="murmur:p4", is_deleted=True, hashtags=["coffee"]),
        row(post_key="murmur:p5", author_key=None, hashtags=["coffee"]),
        row(post_key="murmur:p6", author_key="murmur:eve", hashtags=["coffee"]),
        row(post_key="murmur:p7", post_type="quote", hashtags=["wine"], event_at=None),
    ]
    dropped = {"murmur": (2, 1), "plaza": (0, 3)}
    found, coverage = topic_posts.of_day(posts_of(rows), DAY, matcher, {"murmur:eve"}, dropped=dropped)
    told = {(one["post_key"], one["topic_id"]): one for one in found.to_pylist()}
    assert {key: one["part"] for key, one in told.items()} == {
        ("murmur:p1", "gardening"): 0.5,
        ("murmur:p1", "chess"): 0.5,
        ("murmur:p2", "coffee"): 1.0,
        ("murmur:p7", "wine"): 1.0,
    }
    assert {one["posted_on"] for one in told.values()} == {date(2026, 3, 13), DAY}
    assert "Blight" not in str(found.to_pylist())
    names = ("platform", "posts", "with_tags", "with_topic", "unknown_language", "dropped_tags", "dropped_links")
    assert [tuple(row[name] for name in names) for row in coverage.to_pylist()] == [
        ("murmur", 4, 3, 3, 1, 2, 1),
        ("plaza", 0, 0, 0, 0, 0, 3),
    ]


def test_what_somebody_hides_is_not_even_noted(matcher: Matcher) -> None:
    rows = [row(hashtags=["gardening", "chess"]), row(post_key="murmur:p2", author_key="murmur:bo", hashtags=["chess"])]
    hidden = [(rows[0]["author_key"], "chess"), ("murmur:bo", "*")]
    found, _ = topic_posts.of_day(posts_of(rows), DAY, matcher, (), (), hidden)
    # What is left of a post counts no more than it did beside the hidden topic.
    assert [(one["topic_id"], one["part"]) for one in found.to_pylist()] == [("gardening", 0.5)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We build machine learning models for an api", {"machine-learning"}),
        ("This code has nothing to do with machine learning", set()),
        ("We don't train machine learning models for an api", set()),
        ("We don't cook. We train machine learning models", {"machine-learning"}),
        ("Can't wait for the machine learning course on datasets", {"machine-learning"}),
        ("He said “machine learning” to the software team", set()),
        ("It is a video game, this form that players play", set()),
        ("A supply chain of stolen biscuits in the warehouse", set()),
        ("Deep learning? My model bath is deep", set()),
        # two everyday words may be a pun; beside a word of their field, a name of it, or in another language they are none
        ("Heavy metal in the tap water", set()),
        ("Heavy metal gig at the pub tonight, two bands", {"metal-music"}),
        ("Pop music stands up, please", set()),
        ("A chess tournament in a swimming hall, and the gambit lost", {"chess"}),
        ("My tax return? It never came back, says the office", set()),
        ("Any good video games? I want to play on a console", {"video-games"}),
        # what a platform cuts off at the hyphen is no hashtag of the author's
        ("And it is #wine-not", set()),
        ("Again #wine -", {"wine"}),
        # inside a sentence a hashtag is a word like others, and needs one of its field
        ("#history will forget this meeting", set()),
        ("#history lecture on the empire today", {"history"}),
        ("Forgotten by all historians #history #meetings https://a.example", {"history"}),
        ("#history will forget this regiment #history", {"history"}),
        # a hashtag of every day is a joke until two words, or one of its trade, say what it is about
        ("Forgot my keys again #cooking", set()),
        ("Seven hours over a low heat, the house smells of it #cooking", set()),
        ("Braised for six hours with garlic #cooking", {"cooking"}),
        ("Dinner in a pan from the kitchen floor #cooking", {"cooking"}),
        ("Lost the weekend again #kubernetes", {"kubernetes"}),
        ("Braised for six hours with garlic #cooking #fail", set()),
        # what only the name itself says is no second sign
        ("Sales pipeline burst, the floor is wet", set()),
        ("Pull requests from the dog: the sock, the leash", set()),
        ("Ice cream social, bring a cone", set()),
        ("Ice cream with one scoop of vanilla", {"ice-cream"}),
        # nor is a longer name that holds the shorter one
        ("Green tea towel, white tea pot", set()),
        # a row of hashtags for whoever may look for one of them
        ("Follow me #cooking #knitting #chess #wine #coffee #linux", set()),
        # a figure of speech counts beside its own field
        ("Deep learning? My bath is deep, my gpu slow #machinelearning", {"machine-learning", "deep-learning"}),
    ],
)
def test_what_a_text_denies_or_jokes_about_is_no_topic(matcher: Matcher, text: str, found: set[str]) -> None:
    assert set(matcher.topics(Post(text, "en", tuple(topic_posts.tags_in(text))))) == found


def test_what_a_pull_left_out_is_counted_by_platform(tmp_path: Path) -> None:
    """As readers of files say it, and as those of platforms do; of other tables and other fields nothing."""
    (tmp_path / "posts.csv").write_text(
        "post,author,unix_ts,hashtags,links\n"
        f"p1,ada,1773446400,{'x' * 141} chess,not-a-link https://a.example\n"
        'p2,ada,1773446400,"[1, ""tea""]",\n'
        "p3,ada,1773446400,chess,https://a.example\n"
    )
    (tmp_path / "interactions.csv").write_text("actor,target,kind,unix_ts\nbo,ada,like,1773446400\n")
    rows = [
        {"platform": "murmur", "table": item.rows["table"][at].as_py(), "reason": item.rows["reason"][at].as_py()}
        for item in files.read(Source("murmur", "files", tmp_path), {DAY})
        if isinstance(item, Batch) and item.table == "quarantine"
        for at in range(item.rows.num_rows)
    ]
    said: list[str] = []
    tags(["\x07"], lambda value, why: said.append(f"tags: {why} (row kept)"))
    links(["ftp://a"], lambda value, why: said.append(f"links: {why} (row kept)"))
    rows += [{"platform": "x", "table": "posts", "reason": reason} for reason in said]
    rows += [{"platform": "x", "table": table, "reason": "lang: is no word"} for table in ("posts", "accounts")]
    assert topic_posts.dropped_of(pa.Table.from_pylist(rows)) == {"murmur": (2, 1), "x": (1, 1)}


def test_hashtags_of_all_scripts_are_whole() -> None:
    """Vowels of Hindi and Thai, and accents, are marks to Unicode, not letters."""
    text = "चालीस चालों में ड्रॉ #शतरंज #กาแฟ #cafe\u0301 #كرة_القدم #7 a#b"
    assert tags_in(text) == tags_of(text) == ["शतरंज", "กาแฟ", "cafe\u0301", "كرة_القدم"]
    assert in_words("हिन्दी में")[1] == ("हिन्दी", "में")


def test_a_hashtag_of_every_day_counts_among_an_authors_many(matcher: Matcher) -> None:
    """Nobody is known for one post, so what may be a joke alone is taken at its word there."""
    joke = Post("Forgot my keys again", "en", ("cooking",))
    assert matcher.topics(joke) == {}
    assert matcher.topics(joke, is_one_of_many=True) == {"cooking": "tag"}
    taken_back = Post("Forgot my keys again", "en", ("cooking", "fail"))
    assert matcher.topics(taken_back, is_one_of_many=True) == {}
