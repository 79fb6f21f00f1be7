"""What ping URLs say, without a server."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.job_fields import RESERVED_SLUGS, is_slug
from bot.core.kinds import PingKind
from bot.web import ping_urls
from bot.web.ping_urls import NO_QUESTION, Place, Question
from bot.web.replies import BAD_EVENT, BAD_MOMENT, BAD_RID, BAD_URL, NOT_FOUND, Reply
from tests.web.wires import RID

slugs = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,99}", fullmatch=True).filter(is_slug)
keys = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
suffixes = st.sampled_from(["", "/", "/start", "/fail", "/log", "/0", "/255"])


@given(st.uuids(), st.booleans(), suffixes)
def test_every_uuid_is_read_in_any_letter_case(
    uuid: UUID, upper: bool, suffix: str
) -> None:
    text = str(uuid).upper() if upper else str(uuid)
    place = ping_urls.read_path(f"/ping/{text}{suffix}")
    assert isinstance(place, Place)
    assert (place.uuid, place.slug) == (str(uuid), None)


@given(keys, slugs, suffixes)
def test_every_slug_behind_any_key_is_read(key: str, slug: str, suffix: str) -> None:
    place = ping_urls.read_path(f"/ping/{key}/{slug}{suffix}")
    assert isinstance(place, Place)
    assert (place.key, place.slug, place.uuid) == (key, slug, None)


@given(st.integers(min_value=0, max_value=10**30), st.integers(0, 10))
def test_an_exit_status_is_read_up_to_255(number: int, zeros: int) -> None:
    place = ping_urls.read_path(f"/ping/{uuid4()}/{'0' * zeros}{number}")
    if number > 255:
        assert place is BAD_URL
    else:
        assert isinstance(place, Place)
        assert (place.exit_status, place.said) == (number, PingKind.SUCCESS)


@given(st.text(max_size=200))
def test_any_path_is_a_place_or_an_answer(path: str) -> None:
    for whole in (path, f"/ping/{path}", f"/ping/{uuid4()}/{path}", f"/ping/k/{path}"):
        read = ping_urls.read_path(whole)
        assert isinstance(read, Place) or read in (BAD_URL, NOT_FOUND)


@given(st.text(max_size=200))
def test_any_query_is_a_question_or_an_answer(query: str) -> None:
    for whole in (query, f"rid={query}", f"create=1&{query}"):
        read = ping_urls.read_query(whole)
        assert isinstance(read, Question) or read in (BAD_RID, BAD_EVENT, BAD_MOMENT)


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_a_suffix_behind_a_key_is_a_slug_that_no_job_has(slug: str) -> None:
    place = ping_urls.read_path(f"/ping/some-key/{slug}")
    assert isinstance(place, Place)
    assert place.slug == slug
    assert not is_slug(slug)


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", NO_QUESTION),
        ("&&", NO_QUESTION),
        ("create=1", Question(None, create=True)),
        ("host=web-1.example", Question(None, create=False, host="web-1.example")),
        ("host=fe80::1", Question(None, create=False, host="fe80::1")),
        (f"host=a%0Ab&rid={RID}", Question(RID, create=False)),
        (f"host={'x' * 101}", Question(None, create=False)),
        ("host=%1b[2J", Question(None, create=False)),
        ("create=2&create=1", Question(None, create=True)),
        ("create=1&create=", Question(None, create=False)),
        (f"rid={RID}", Question(RID, create=False)),
        (f"rid=x&rid={RID}&create=1", Question(RID, create=True)),
        (f"rid={RID}&rid=", BAD_RID),
        (f"rid={RID}%20", BAD_RID),
        (f"rid={RID}\n", BAD_RID),
        (f"RID={RID}x", NO_QUESTION),
        (f"r%69d={RID}", Question(RID, create=False)),
    ],
)
def test_the_last_of_several_counts(query: str, read: Question | Reply) -> None:
    assert ping_urls.read_query(query) == read
