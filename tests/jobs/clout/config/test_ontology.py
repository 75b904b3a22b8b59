"""The ontology: ours, Klout's files as they are, an operator's overlay; what is wrong in a file is said with row and cure."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from clout.config.ontology import read_ontology
from clout.config.topic_settings import read_settings
from clout.errors import InvalidInput

HEADER = "slug,name,type,parents,aliases,flags"
OURS = f"{HEADER}\nsports,Sports,super,,,\ngolf,Golf,sub,sports,golf course,\n"
IDS = '"topicId","topicSlug","topicDisplayName","wikiItemId"'
#: As published: an id beyond 64 bits, a header that is misspelt, a root that is its own parent, an edge to nothing.
KLOUTS = {
    "topic_ontology.csv": f'{IDS}\n10000000000000000006,"sports-super","Sports","Q349"\n7,"golf","Golf",""\n'
    '8,"cancer","Cancer",""\n',
    "topic_edges.csv": '"parentTopicId","parrentTopicSlug","childTopicId","childTopicSlug"\n0,"_ROOT_",0,"_ROOT_"\n'
    '0,"_ROOT_",10000000000000000006,"sports-super"\n10000000000000000006,"sports-super",7,"golf"\n'
    '8,"cancer",99,"gone"\n8,"cancer",7,"golf"\n',
    "topic_names.csv": '"topicId","language","topicDisplayName"\n7,"ar","غولف"\n99,"de","Weg"\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            content = text.encode()
            (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return tmp_path

    return write


def test_ours_has_topics_enough_and_every_sensitive_root() -> None:
    ontology = read_ontology()
    topics = ontology.topics.values()
    assert len(topics) >= 300
    assert sum(bool(topic.parents) and len(topic.names["en"]) > 1 for topic in topics) >= 200
    marked = {topic.slug for topic in topics if topic.is_sensitive}
    assert {"religion", "politics", "diseases", "asthma", "cancer", "mental-health", "pregnancy", "elections"} <= marked
    assert not marked & {"gardening", "cooking", "yoga", "mathematics"}
    assert not any(ontology.may_be_named(topic.topic_id) for topic in topics if topic.is_sensitive)


@pytest.mark.parametrize("packed", [False, True])
def test_klouts_files_are_read_as_they_are(folder: Callable[[dict[str, str]], Path], packed: bool) -> None:
    ontology = read_ontology(folder({f"{name}.gz" if packed else name: text for name, text in KLOUTS.items()}))
    golf = ontology.topics["7"]
    assert (golf.parents, golf.source) == (("10000000000000000006", "8"), "klout")
    assert golf.names["ar"] == ("غولف",)
    assert "golf course" in golf.names["en"]  # our aliases help theirs
    assert ontology.topics["10000000000000000006"].topic_type == "super"
    assert ontology.skipped == {"self_edges": 1, "dangling_edges": 1, "names_of_no_topic": 1}
    assert golf.is_sensitive  # whatever lies below a sensitive topic is


def test_published_ontology_of_klout(shared_data: Path) -> None:
    ontology = read_ontology(shared_data / "klout")
    assert len(ontology.topics) == 8033
    assert sum(int(topic_id) >= 2**63 for topic_id in ontology.topics) == 3541
    assert sum(topic.is_sensitive for topic in ontology.topics.values()) >= 300
    asthma = next(topic for topic in ontology.topics.values() if topic.slug == "asthma")
    assert asthma.is_sensitive
    assert len(asthma.names) == 6
    by_slug = {topic.slug: topic for topic in ontology.topics.values()}
    assert "写真" in by_slug["photography"].names["ja"]  # our names of other languages help theirs
    assert by_slug["photography"].jargon  # and so do the words of a field
    assert sum(bool(topic.vocabulary) for topic in by_slug.values()) > 7000
    # Whose name is a word of every day is a joke until the text says more; few know a word of technology elsewhere.
    assert by_slug["oracle"].is_everyday
    assert by_slug["typography"].is_everyday
    assert not by_slug["postgresql"].is_everyday


def test_overlay_edits_and_changes_the_version(folder: Callable[[dict[str, str]], Path]) -> None:
    place = folder(
        {
            "ontology.csv": OURS,
            "overlay.csv": "action,topic,value,lang\nadd,padel,Padel,\nparent,padel,sports,\nalias,golf,Golfen,de\n"
            "rename,golf,Golf (sport),\nhide,sports,,\nsensitive,padel,,\nambiguous,golf,,\n"
            "link,golf,https://www.pgatour.com/,\nplatform,golf,x:66/1,\nidiom,,golf umbrella,\n",
        }
    )
    before, ontology = read_ontology(place), read_ontology(place, place / "overlay.csv")
    golf, padel = ontology.topics["golf"], ontology.topics["operator:padel"]
    assert (golf.name, golf.names["de"], golf.is_ambiguous) == ("Golf (sport)", ("Golfen",), True)
    assert (padel.parents, padel.is_sensitive, padel.source) == (("sports",), True, "operator")
    assert ontology.topics["sports"].is_hidden
    assert not ontology.may_be_named("sports")
    assert (ontology.links, ontology.platform_topics) == ({"pgatour.com": "golf"}, {"x:66/1": "golf"})
    assert "golf umbrella" in ontology.idioms
    assert before.version != ontology.version
    assert ontology.version == read_ontology(place, place / "overlay.csv").version


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slug,name,type,parents,aliases\nx,X,sub,,\n", "row 1: column flags is missing"),
        (f"{HEADER}\nx,X,sub,,,\nx,Y,sub,,,\n", "row 3: slug x is there twice"),
        (f"{HEADER}\nX y,X,sub,,,\n", "row 2: slug 'X y' must be words with hyphens"),
        (f"{HEADER}\nx,X,thing,,,\n", "row 2: type 'thing' is not one of super, sub, entity"),
        (f"{HEADER}\nx,X,sub,,,secret\n", "row 2: flag 'secret' is not one of sensitive, ambiguous"),
        (f"{HEADER}\nx,!,sub,,,\n", "row 2: '!' is no name"),
        (f"{HEADER}\nx,X,sub,y,,\n", "row 2: parent 'y' is no slug of this file"),
        (f"{HEADER}\nx,X,sub,y,,\ny,Y,sub,x,,\n", "x is below y is below x: a topic is below itself"),
        (f"{HEADER}\nx,X,sub\n", "row 2: 3 cells where the header has 6"),
        (f'{HEADER}\nx,"X,sub,,,\n', "close the quotes"),
    ],
)
def test_what_is_wrong_in_ours_is_said(folder: Callable[[dict[str, str]], Path], text: str, told: str) -> None:
    place = folder({"ontology.csv": text})
    with pytest.raises(InvalidInput, match=re.escape(told)) as caught:
        read_ontology(place)
    assert "ontology.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("shout,golf,,", "row 2: action 'shout' is not one of add"),
        ("alias,chess,Schach,de", "row 2: topic 'chess' is no slug of the ontology"),
        ("alias,golf,Golfen,deutsch", "row 2: language 'deutsch' must be a code"),
        ("add,golf,Golf,", "row 2: topic golf is in the ontology already"),
        ("parent,golf,nowhere,", "row 2: parent 'nowhere' is no slug"),
        ("parent,sports,golf,", "a topic is below itself"),
        ("link,golf,not a host,", "row 2: link 'not a host' must be a host"),
        ("platform,golf,66,", "row 2: platform '66' must be the platform, a colon"),
        ("link,golf,a.org,\nlink,sports,a.org,", "row 3: link a.org is another topic's already"),
    ],
)
def test_what_is_wrong_in_an_overlay_is_said(folder: Callable[[dict[str, str]], Path], row: str, told: str) -> None:
    place = folder({"ontology.csv": OURS, "mine.csv": f"action,topic,value,lang\n{row}\n"})
    with pytest.raises(InvalidInput, match=re.escape(told)) as caught:
        read_ontology(place, place / "mine.csv")
    assert "mine.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"topic_ontology.csv": f'{IDS}\nx,"golf","Golf",""\n'}, "row 2: topicId 'x' is no number"),
        ({"topic_ontology.csv": f'{IDS}\n7,"golf","Golf",""\n7,"tea","Tea",""\n'}, "row 3: topicId 7 is there twice"),
        ({"topic_ontology.csv": '"topicId","topicSlug"\n7,"golf"\n'}, "row 1: column topicDisplayName is missing"),
        ({"topic_names.csv": '"topicId","language","topicDisplayName"\n7,"arabic","x"\n'}, "row 2: language 'arabic'"),
        ({"topic_edges.csv": '"parentTopicId","childTopicId"\n7,8\n8,7\n'}, "a topic is below itself"),
    ],
)
def test_what_is_wrong_in_klouts_files_is_said(
    folder: Callable[[dict[str, str]], Path], change: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(told)):
        read_ontology(folder(KLOUTS | change))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"ontologie": "x"}, "[topics] holds ontology, overlay, hidden, and nothing else"),
        ({"overlay": 3}, "[topics] overlay = 3 is not the name of a file"),
        ({"ontology": "gone"}, "no such folder"),
        ({"overlay": "gone.csv"}, "gone.csv: no such file"),
        ({"hidden": "gone.csv"}, "gone.csv: no such file"),
        ({"hidden": "bad.csv"}, "bad.csv, row 2: account_key 'ada' is not of the form platform:id"),
        ({"hidden": "empty.csv"}, "empty.csv, row 2: topic is empty"),
        ({"hidden": "headless.csv"}, "headless.csv, row 1: column topic is missing"),
    ],
)
def test_settings_that_cannot_hold_stop_the_night(tmp_path: Path, section: dict[str, object], told: str) -> None:
    (tmp_path / "bad.csv").write_text("account_key,topic\nada,golf\n")
    (tmp_path / "empty.csv").write_text("account_key,topic\nmurmur:ada,\n")
    (tmp_path / "headless.csv").write_text("account_key\nmurmur:ada\n")
    with pytest.raises(InvalidInput, match=re.escape(told)):
        read_settings(tmp_path / "sources.toml", section)


def test_hidden_topics_are_known_by_their_ids(tmp_path: Path) -> None:
    (tmp_path / "hidden.csv").write_text("account_key,topic\nmurmur:ada,gardening\nmurmur:bo,*\nmurmur:cy,no-such\n")
    settings = read_settings(tmp_path / "sources.toml", {"hidden": "hidden.csv"})
    assert settings.hidden_ids(settings.ontology()) == [
        ("murmur:ada", "gardening"),
        ("murmur:bo", "*"),
        ("murmur:cy", "no-such"),
    ]
