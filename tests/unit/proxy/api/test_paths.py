"""Paths are cleaned and matched as by Toxiproxy's router."""

import pytest

from chaos_ext.proxy.api.paths import (
    BAD_REQUEST,
    NOT_ALLOWED,
    NOT_FOUND,
    OPTIONS,
    Found,
    Paths,
    Route,
)


async def nobody():
    raise AssertionError("only looked for")


PATHS = Paths(
    [
        Route("/proxies", ("GET",), nobody),
        Route("/proxies", ("POST",), nobody, mutates=True),
        Route("/proxies/{proxy}", ("GET",), nobody),
        Route("/proxies/{proxy}/toxics", ("GET",), nobody),
        Route("/proxies/{proxy}/toxics/{toxic}", ("GET", "PATCH"), nobody),
        Route("/metrics", (), nobody),
    ]
)


@pytest.mark.parametrize(
    ("target", "path", "names"),
    [
        ("/proxies", "/proxies", ()),
        ("/proxies?a=/b", "/proxies", ()),
        ("http://host:1/proxies", "/proxies", ()),
        ("/%70roxies/a%20b", "/proxies/{proxy}", ("a b",)),
        ("/proxies/a%0Ab", "/proxies/{proxy}", ("a\nb",)),
        ("/proxies/%e2%82%ac", "/proxies/{proxy}", ("€",)),
        ("/proxies/a%2Ftoxics", "/proxies/{proxy}/toxics", ("a",)),
        ("/proxies/toxics/toxics/t", "/proxies/{proxy}/toxics/{toxic}", ("toxics", "t")),
    ],
)
def test_target_is_found_with_its_names(target, path, names):
    found = PATHS.find("GET", target)

    assert isinstance(found, Found)
    assert (found.route.path, found.names) == (path, names)


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/", NOT_FOUND),
        ("GET", "/proxies/", NOT_FOUND),
        ("GET", "/proxies/a/b", NOT_FOUND),
        ("HEAD", "/proxies", NOT_ALLOWED),
        ("DELETE", "/proxies", NOT_ALLOWED),
        ("get", "/proxies", NOT_ALLOWED),
        ("OPTIONS", "*", OPTIONS),
        ("GET", "/%zz", BAD_REQUEST),
        ("GET", "/a%2", BAD_REQUEST),
        ("GET", "proxies", BAD_REQUEST),
        ("CONNECT", "host:80", BAD_REQUEST),
    ],
)
def test_target_that_is_none_of_ours_has_its_answer(method, target, expected):
    assert PATHS.find(method, target) == expected


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("//proxies", "/proxies"),
        ("//proxies?a=b//c", "/proxies?a=b//c"),
        ("/proxies/../x/./y/", "/x/y/"),
        ("/..", "/"),
        ("/./", "/"),
        ("/a%20b/..//c%2a!", "/c%2A%21"),
        ("http://h//x", "http://h/x"),
        ("/a/%2e%2e/b", "/b"),
        ("*", "/%2A"),
        ("http://h", "http://h/"),
    ],
)
def test_path_that_is_not_clean_is_redirected_before_anything_else(target, location):
    answer = PATHS.find("POST", target)

    assert (answer.status, answer.headers) == (301, (("Location", location),))


def test_route_without_methods_has_them_all():
    assert all(isinstance(PATHS.find(each, "/metrics"), Found) for each in ("GET", "POST", "X"))
