"""Shows that the sources' configuration is checked word by word, and that every message names the file and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput

SOURCE = '[[source]]\nname = "murmur"\npath = "in"\n'


def read(folder: Path, text: str | bytes, exclusions: str | bytes | None = None) -> Sources:
    (folder / "in").mkdir(exist_ok=True)
    file = folder / "sources.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    if exclusions is not None:
        (folder / "gone.csv").write_bytes(exclusions.encode() if isinstance(exclusions, str) else exclusions)
    return read_sources(file)


MASTODON = '[[source]]\nname = "toot"\nreader = "mastodon"\nbase_url = "http://127.0.0.1:1"\nsubjects = ["ann"]\n'


def test_whom_an_instance_leaves_out_and_names(tmp_path: Path) -> None:
    [source] = read(tmp_path, MASTODON + 'honour = ["locked"]\nnaming = "everybody"\n').sources
    assert (source.options["honour"], source.options["naming"]) == (["locked"], "everybody")
    for wrong in ('honour = ["noindex"]', 'honour = "locked"', "honour = [1]", 'naming = "nobody"', "naming = true"):
        with pytest.raises(InvalidInput, match=wrong.partition(" ")[0]):
            read(tmp_path, MASTODON + wrong)
    with pytest.raises(InvalidInput, match="unknown honour"):
        read(tmp_path, MASTODON.replace("mastodon", "bluesky") + 'honour = ["locked"]')


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "hours").mkdir()
    text = """
        exclude = "gone.csv"
        [[source]]
        name = "murmur"
        reader = "files"
        path = "in"
        seeds = ["88", 89]
        delimiter = " "
        column_names = ["actor", "target", "unix_ts"]
        kind = "like"
        unix_unit = "ms"
        [source.columns]
        actor = "user_from"
        [source.kinds]
        RT = "share"
        [[source]]
        name = "gh"
        reader = "gharchive"
        path = "hours"
        seeds = ["Ann-Lee"]
    """
    sources = read(tmp_path, text, "account_key,reason\nmurmur:Ann,asked\n murmur : 9 ,\ngh:Ann-Lee,\n")
    murmur, hours = sources.sources
    assert sources.platforms == {"murmur": "murmur", "gh": "gh"}
    assert (murmur.reader, murmur.path, murmur.seeds) == ("files", (tmp_path / "in").resolve(), ("88", "89"))
    assert (murmur.columns, murmur.kinds) == ({"actor": "user_from"}, {"RT": "share"})
    assert murmur.options == {
        "delimiter": " ",
        "column_names": ["actor", "target", "unix_ts"],
        "kind": "like",
        "unix_unit": "ms",
    }
    # GitHub's logins have no case, and the reader writes them small: so must the lists that name them.
    assert hours.seeds == ("ann-lee",)
    assert sources.excluded == {"murmur:Ann": "asked", "murmur:9": "operator", "gh:ann-lee": "operator"}
    assert sources.named("gh") is hours
    with pytest.raises(InvalidInput, match="no source is named 'hg'; the configuration has: murmur, gh"):
        sources.named("hg")


ASKED = '[[source]]\nname = "sky"\nreader = "bluesky"\nsubjects = ["@Ann.Example", "did:plc:Ab", "ann.example"]\n'


def test_a_source_that_is_asked_over_http(tmp_path: Path) -> None:
    [source] = read(
        tmp_path, ASKED + 'base_url = "https://api.example"\ncontact = "ops@example.org"\nmax_pages = 3'
    ).sources
    assert (source.reader, source.path) == ("bluesky", tmp_path.resolve())
    assert source.options == {
        "base_url": "https://api.example",
        "contact": "ops@example.org",
        "subjects": ["ann.example", "did:plc:Ab"],
        "max_pages": 3,
    }
    # A simulated platform on this machine needs no contact.
    local = ASKED.replace("bluesky", "mastodon") + 'base_url = "http://127.0.0.1:8000"'
    assert [source.reader for source in read(tmp_path, local).sources] == ["mastodon"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "base_url is missing"),
        ('base_url = "https://api.example"', "contact is missing; name an address under which"),
        ('base_url = "ftp://api.example"', "base_url is not a web address"),
        ('base_url = "https://api.example?token=1"', "base_url is not a web address"),
        ('base_url = "https://a:b@api.example"', "base_url is not a web address"),
        ('base_url = "http://[::1"', "base_url is not a web address"),
        ('path = "in"', "reader bluesky: unknown path"),
        ("max_pages = 0", "max_pages = 0 is not a whole number"),
        ("max_pages = true", "max_pages = True is not a whole number"),
        ('contact = "a\\r\\nb"', "contact is not an address"),
    ],
)
def test_each_mistake_of_a_source_that_is_asked(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, ASKED + text)


@pytest.mark.parametrize("subjects", ["[]", "[5]", '"ann"', '["a,b"]', '["a b"]', '["a/b"]'])
def test_subjects_are_handles_or_ids(tmp_path: Path, subjects: str) -> None:
    with pytest.raises(InvalidInput, match=r"subjects = .* is not a list of handles or ids"):
        read(tmp_path, f'[[source]]\nname = "sky"\nreader = "bluesky"\nsubjects = {subjects}')


VIEWS = f"""{ASKED}base_url = "http://127.0.0.1:8000"

[[source]]
name = "views"
reader = "wikipedia"
base_url = "http://127.0.0.1:8001/en.wikipedia.org"
"""


def test_articles_are_named_for_accounts(tmp_path: Path) -> None:
    named = VIEWS + '[source.titles]\n"sky:did:plc:Ab" = "Ada Lovelace"\n"sky:x" = "Žižek"'
    source = read(tmp_path, named).named("views")
    assert source.options["titles"] == {"Ada_Lovelace": "sky:did:plc:Ab", "Žižek": "sky:x"}
    assert source.options["subjects"] == ["Ada_Lovelace", "Žižek"]
    (tmp_path / "ex.csv").write_text("account_key\nsky:x\nsky:y\n", encoding="utf-8")
    views = read(tmp_path, 'exclude = "ex.csv"\n' + named).named("views")
    assert views.excluded == {"sky:x"}  # it may tell of other platforms' accounts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "titles is missing"),
        ("[source.titles]", "titles = {} is not a table of texts"),
        ('[source.titles]\n"sky" = "Ada"', "titles = .* is not a table of texts"),
        ('[source.titles]\n"sky:1" = " "', "titles = .* is not a table of texts"),
        ('[source.titles]\n"sky:1" = "A b"\n"sky:2" = "A_b"', "an article is named for two accounts"),
        ('[source.titles]\n"see:1" = "Ada"', "the table titles speaks of see, which is no source here"),
        ('subjects = ["Ada"]', "reader wikipedia: unknown subjects"),
    ],
)
def test_each_mistake_of_named_articles(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, VIEWS + text)


def test_the_reader_is_files_unless_said(tmp_path: Path) -> None:
    [source] = read(tmp_path, SOURCE).sources
    assert (source.reader, source.options, source.seeds) == ("files", {}, ())


@pytest.mark.parametrize(
    ("name", "file", "platform", "reader"),
    [
        ("higgs", "a.csv", "higgs", "files"),
        ("My Export (2)", "a.csv", "my_export_2", "files"),
        ("hours", "2026-03-01-0.json.gz", "hours", "gharchive"),
    ],
)
def test_a_bare_folder_is_a_source(tmp_path: Path, name: str, file: str, platform: str, reader: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / file).touch()
    sources = read_sources(folder)
    assert [(s.name, s.reader, s.path) for s in sources.sources] == [(platform, reader, folder)]
    assert sources.excluded == {}


def test_a_folder_with_a_sources_file_is_that_file(tmp_path: Path) -> None:
    read(tmp_path, SOURCE)
    assert read_sources(tmp_path).platforms == {"murmur": "murmur"}


@pytest.mark.parametrize("name", ["2026", "___", "ä"])
def test_a_folder_whose_name_names_no_platform(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(InvalidInput, match=rf"{name}: the folder's name cannot name.*write a sources\.toml in it"):
        read_sources(tmp_path / name)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere: no such sources file or folder of exports"):
        read_sources(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source", "not a TOML file: "),
        (b'name = "\xff"', "not a TOML file: "),
        ("", r"lists no source; begin one with \[\[source\]\]"),
        ("source = []", "lists no source"),
        ('[source]\nname = "murmur"', "lists no source"),
        ('source = ["murmur"]', r"source 'murmur' is no table; begin each source with \[\[source\]\]"),
        ("exclud = 'x'\n" + SOURCE, "top: unknown exclud; known are brands, exclude, links, released, source, topics"),
        ("exclude = 5\n" + SOURCE, "exclude = 5 is not the name of a file"),
        (SOURCE + "pth = 1", "source 'murmur', reader files: unknown pth; known are .*path"),
        (SOURCE + SOURCE, "two sources are named 'murmur'; a name is the platform in every key"),
        ('[[source]]\npath = "in"', "source None: name must match"),
        ('[[source]]\nname = "Murmur"\npath = "in"', "source 'Murmur': name must match"),
        ('[[source]]\nname = "a:b"\npath = "in"', "source 'a:b': name must match"),
        ('[[source]]\nname = 5\npath = "in"', "source 5: name must match"),
        (SOURCE + 'reader = "rss"', "source 'murmur': reader 'rss' is not one of files, bluesky, facebook, gharchive"),
        (SOURCE + "reader = []", r"source 'murmur': reader \[\] is not one of files, bluesky, facebook, gharchive"),
        ('[[source]]\nname = "murmur"', "source 'murmur': path is missing; name the folder of its files"),
        ('[[source]]\nname = "murmur"\npath = "out"', "source 'murmur': path .*out is not a folder"),
        ('[[source]]\nname = "murmur"\npath = "sources.toml"', "source 'murmur': path .* is not a folder"),
        (SOURCE + 'kind = "stare"', "source 'murmur': kind = 'stare' is not one of like, mention"),
        (SOURCE + "kind = []", r"source 'murmur': kind = \[\] is not one of like, mention"),
        (SOURCE + 'kinds = { RT = "retweet" }', "source 'murmur': kinds.RT = 'retweet' is not one of like"),
        (SOURCE + 'kinds = "like"', "source 'murmur': kinds = 'like' is not a table of texts, like RT = "),
        (SOURCE + 'unix_unit = "min"', "source 'murmur': unix_unit = 'min' is not one of s, ms, us"),
        (SOURCE + 'seeds = "88"', "source 'murmur': seeds = '88' is not a list of ids"),  # was taken as 8 and 8
        (SOURCE + "seeds = [[1]]", r"source 'murmur': seeds = \[\[1\]\] is not a list of ids"),
        (SOURCE + 'columns = ["actor"]', r"source 'murmur': columns = .* is not a table of texts"),
        (SOURCE + "columns = { actor = 1 }", r"source 'murmur': columns = .* is not a table of texts"),
        (SOURCE + 'delimiter = ""', "source 'murmur': delimiter = '' is not one character"),
        (SOURCE + 'delimiter = "||"', "source 'murmur': delimiter = '||' is not one character".replace("|", r"\|")),
        (SOURCE + "delimiter = '\"'", "is not one character"),
        (SOURCE + 'column_names = "actor target"', "source 'murmur': column_names = 'actor target' is not a list"),
        (SOURCE + "column_names = []", r"source 'murmur': column_names = \[\] is not a list of names"),
        (
            SOURCE + 'reader = "gharchive"\nunix_unit = "ms"',
            "reader gharchive: unknown unix_unit; known are backfill_days",
        ),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"sources\.toml: .*{message}" if message[0] != "^" else message):
        read(tmp_path, text)


def test_without_the_exclusions_nobody_is_scored(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gone\.csv: the exclusion list that .*sources\.toml names is missing"):
        read(tmp_path, 'exclude = "gone.csv"\n' + SOURCE)


@pytest.mark.parametrize(
    ("exclusions", "message"),
    [
        ("", "row 1: needs a column account_key"),
        ("key,reason\nmurmur:1,\n", "row 1: needs a column account_key"),
        ("account_key;reason\nmurmur:1;\n", "row 1: needs a column account_key"),
        ("account_key\nmurmur:1\nann\n", "row 3: account_key 'ann' is not of the form platform:id"),
        ("account_key\n\n\n:ann\n", "row 4: account_key ':ann' is not"),
        ("account_key\nmurmur:\n", "row 2: account_key 'murmur:' is not"),
        ("account_key,reason\n,asked\n", "row 2: account_key '' is not"),
        (b"account_key\nmurmur:\xff\n", "cannot be read as UTF-8 CSV"),
        ('account_key,reason\n"murmur:1,asked\nmurmur:2,asked\n', "cannot be read as UTF-8 CSV"),  # 2 would be lost
    ],
)
def test_a_wrong_exclusion_list_stops(tmp_path: Path, exclusions: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"gone\.csv: {message}"):
        read(tmp_path, 'exclude = "gone.csv"\n' + SOURCE, exclusions)


def test_an_exclusion_list_from_a_spreadsheet(tmp_path: Path) -> None:
    text = '\ufeffreason,account_key,note\r\n"asked, twice",murmur:1,x\r\n\r\n,murmur:a:b,y\r\n'
    sources = read(tmp_path, 'exclude = "gone.csv"\n' + SOURCE, text)
    assert sources.excluded == {"murmur:1": "asked, twice", "murmur:a:b": "operator"}


def test_an_exclusion_that_could_exclude_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "no.csv").write_text("account_key\nct:1\nctt:2\n")
    toml = tmp_path / "sources.toml"
    toml.write_text('exclude = "no.csv"\n[[source]]\nname = "ct"\npath = "exports"\n')
    with pytest.raises(InvalidInput, match="speaks of ctt, which is no source here"):
        read_sources(toml)


def test_two_sources_may_show_parts_of_one_platform(tmp_path: Path) -> None:
    part = (
        '[[source]]\nname = "{}"\nreader = "{}"\nplatform = "fedi"\nbase_url = "http://127.0.0.1:1"\nsubjects = ["a"]\n'
    )
    (tmp_path / "gone.csv").write_text("account_key\nfedi:https://alder.example/users/ann\n")
    sources = read(
        tmp_path, 'exclude = "gone.csv"\n' + part.format("alder", "mastodon") + part.format("birch", "mastodon")
    )
    assert sources.platforms == {"alder": "fedi", "birch": "fedi"}
    with pytest.raises(InvalidInput, match="platform 'fedi' is shown by the reader mastodon elsewhere"):
        read(tmp_path, part.format("alder", "mastodon") + part.format("birch", "bluesky"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("account_a\nmurmur:1\n", r"links\.csv: row 1: needs a column account_b"),
        ("account_a,account_b\nmurmur:1,2\n", r"links\.csv: row 2: account_b '2' is not of the form platform:id"),
        ("account_a,account_b\nmurmur:1,nowhere:2\n", r"the list of links speaks of nowhere, which is no source here"),
        (
            "account_a,account_b,valid_to\nmurmur:1,murmur:2,soon\n",
            r"links\.csv: row 2: valid_to 'soon' is not a day like 2026-03-01",
        ),
        (None, r"links\.csv: the list of links that .*sources\.toml names is missing"),
    ],
)
def test_each_mistake_in_the_list_of_links_is_named(tmp_path: Path, rows: str | None, message: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sources.toml").write_text('links = "links.csv"\n[[source]]\nname = "murmur"\npath = "in"\n')
    if rows is not None:
        (tmp_path / "links.csv").write_text(rows)
    with pytest.raises(InvalidInput, match=message):
        read_sources(tmp_path / "sources.toml")
