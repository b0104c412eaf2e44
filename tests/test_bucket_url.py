"""The setting of the storage: a bucket's address, and what is said of other texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.bucket_url import BucketUrl, check_bucket_url, read_bucket_url

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{1,20}[a-z0-9]", fullmatch=True)
URLS = st.builds(
    BucketUrl,
    bucket=NAMES,
    prefix=st.lists(NAMES, max_size=3).map("/".join),
    endpoint=st.none()
    | st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https"]),
        NAMES,
        st.sampled_from(["", ":9000"]),
    ),
    region=st.none() | NAMES,
    profile=st.none() | NAMES,
)


@given(URLS)
def test_an_address_is_read_from_its_text(url: BucketUrl) -> None:
    assert read_bucket_url(str(url)) == url
    assert check_bucket_url(str(url)) == str(url)


@given(URLS, NAMES)
def test_a_folder_is_below(url: BucketUrl, folder: str) -> None:
    below = url.below(folder)

    assert below.prefix.split("/")[-1] == folder
    assert read_bucket_url(str(below)) == below
    assert below._replace(prefix=url.prefix) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("books", "must be s3://BUCKET/PREFIX, such as s3://daybook/books?region="),
        ("https://s3.amazonaws.com/books", "must be s3://BUCKET/PREFIX"),
        ("s3://books#x", "must be s3://BUCKET/PREFIX"),
        ("s3://", "must name a bucket of 3 to 63 lower-case letters"),
        ("s3://Books/x", "must name a bucket of 3 to 63 lower-case letters"),
        ("s3://books:9000/x", "must name a bucket of 3 to 63 lower-case letters"),
        ("s3://AKID:secret@books/x", "must have no credentials: they belong into AWS_"),
        ("s3://books/a//b", "must have a prefix of letters, digits"),
        ("s3://books/../b", "must have a prefix of letters, digits"),
        ("s3://books/ä", "must have a prefix of letters, digits"),
        ("s3://books?colour=red", "must have nothing after its question mark but"),
        ("s3://books?region=a&region=b", "must name its region once"),
        ("s3://books?region=", "must have a region of letters"),
        ("s3://books?profile=a b", "must have a profile of letters"),
        ("s3://books?endpoint=minio:9000", "must have an endpoint of scheme and host"),
        ("s3://books?endpoint=http://m/x", "must have an endpoint of scheme and host"),
        ("s3://books?endpoint=http://u:p@m", "must have an endpoint of scheme and"),
        ("s3://[books", "must be s3://BUCKET/PREFIX"),
    ],
)
def test_what_is_no_address_is_said_without_its_secrets(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")) as raised:
        check_bucket_url(url)

    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_address_is_one_too() -> None:
    assert check_bucket_url("") == ""
