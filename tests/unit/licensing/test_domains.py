"""What is one installation, however its address is written, and where it seems to run."""

from __future__ import annotations

import string
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.licensing.domains import canonical, environment_of

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True).filter(lambda one: one != "www")
TOPS = st.sampled_from(["com", "com.br", "es", "cl", "xn--p1ai"])
DOMAINS = st.builds(
    lambda labels, top: ".".join((*labels, top)), st.lists(LABELS, min_size=1, max_size=3), TOPS
)
# Text that is near to an address more often than any text is.
CHARACTERS = ".:/?#@[]%-_ \t\naB9ñİß。：／א🛒\u00ad\u200d\u0661\ud800"
PIECES = st.sampled_from((*CHARACTERS, "http://", "//", "www.", "xn--", "::", "127.0.0.1"))
TEXTS = st.text(min_size=1, max_size=200) | st.lists(PIECES, min_size=1, max_size=14).map("".join)

LONGEST_LABEL = "a" * 63
LONGEST_DOMAIN = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 57, "com"])


@pytest.mark.parametrize(
    ("fingerprint", "host"),
    [
        ("loja.example.com", "loja.example.com"),
        ("Loja.Example.COM", "loja.example.com"),
        ("  shop.com\n", "shop.com"),
        ("shop.com.", "shop.com"),
        ("https://shop.com", "shop.com"),
        ("HTTPS://Shop.Com:8443/Admin/?Tab=1#Top", "shop.com"),
        ("//shop.com/x", "shop.com"),
        ("https://user:p%40ss@shop.com/", "shop.com"),
        ("https://a@b@shop.com/", "shop.com"),
        ("https://shop.com/@ana", "shop.com"),
        ("shop.com/?back=https://other.com/", "shop.com"),
        ("shop.com?x", "shop.com"),
        ("shop.com#x", "shop.com"),
        ("shop.com:8080", "shop.com"),
        ("shop.com.:443/", "shop.com"),
        ("my_shop.example.com", "my_shop.example.com"),
        ("r3---sn.example.com", "r3---sn.example.com"),
        ("123.com", "123.com"),
    ],
)
def test_a_shop_is_its_bare_host_however_the_address_is_written(fingerprint: str, host: str) -> None:
    assert canonical(fingerprint) == host


@pytest.mark.parametrize(
    ("fingerprint", "host"),
    [
        ("www.shop.com", "shop.com"),
        ("WWW.shop.com", "shop.com"),
        ("https://www.shop.com.br/", "shop.com.br"),
        ("www.www.x.com", "x.com"),
        ("www.com", "www.com"),
        ("www.www.com", "www.com"),
        ("www2.shop.com", "www2.shop.com"),
        ("shop.www.com", "shop.www.com"),
        ("https://www/", "www"),
    ],
)
def test_www_goes_while_a_domain_remains(fingerprint: str, host: str) -> None:
    assert canonical(fingerprint) == host


@pytest.mark.parametrize(
    ("fingerprint", "host"),
    [
        ("Tienda-Ñandú.es", "xn--tienda-and-z9a5i.es"),
        ("https://www.tienda-ñandú.es:443/", "xn--tienda-and-z9a5i.es"),
        ("XN--Tienda-And-Z9A5I.es", "xn--tienda-and-z9a5i.es"),
        ("n\u0303.es", "xn--ida.es"),  # ñ as n and a combining tilde
        ("faß.de", "xn--fa-hia.de"),  # transitional processing would make it another's fass.de
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ＳＨＯＰ．com", "shop.com"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
    ],
)
def test_international_letters_are_written_as_the_name_system_knows_them(fingerprint: str, host: str) -> None:
    assert canonical(fingerprint) == host


@pytest.mark.parametrize(
    ("fingerprint", "host"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:3000/shop", "localhost"),
        ("http://localhost.", "localhost"),
        ("https://intranet:8080/shop", "intranet"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("http://192.168.1.10/shop", "192.168.1.10"),
        ("[::1]", "::1"),
        ("http://[2001:DB8:0::1]:8080/", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1"),
    ],
)
def test_local_names_and_ip_addresses_are_hosts_too(fingerprint: str, host: str) -> None:
    assert canonical(fingerprint) == host


@pytest.mark.parametrize(
    "fingerprint",
    [
        "SERVER-7",
        "Ana's Laptop.",
        "3F2504E0-4F89-11D3-9A0C-0305E82C3301",
        "D41D8CD98F00B204E9800998ECF8427E",
        "sha256:9F86D081",
        "00:1A:2B:3C:4D:5E",
        "Ana@Example.com",  # an e-mail address: its neighbours at the same provider are other installations
        "My Shop.com",
        "Shop\t.com",
        "Shop..com",
        ".Shop.com",
        "Shop.com..",
        "-Shop.com",
        "Shop-.com",
        "Shop.com:http",
        "Shop.com\\x",
        "Build.7",
        "1.2.3.256",
        "010.0.0.1",
        "https://12345/",
        "[::1",
        "[Shop.com]",
        "https://",
        "https:///Path",
        "https://My Shop.com/",
        "🛒.Com",
        "Ñ_x.es",  # an international name is held to the letter of its standard
        "a\u200db.Com",
        "אa.Com",
        "Xn--ñ.com",
        "\ud800.Com",
        "Ñ" * 70 + ".es",
        "A" + LONGEST_LABEL + ".com",
        "A" + LONGEST_DOMAIN,
        "Ñ." * 200 + "es",
        "." * 200,
        ":" * 200,
    ],
)
def test_anything_else_is_taken_exactly_as_it_is(fingerprint: str) -> None:
    assert canonical(fingerprint) == fingerprint
    assert canonical(f" \t{fingerprint}\n") == fingerprint
    assert environment_of(fingerprint) == "production"


def test_the_longest_label_and_domain_are_still_a_domain() -> None:
    assert canonical(LONGEST_LABEL.upper() + ".com") == LONGEST_LABEL + ".com"
    assert len(LONGEST_DOMAIN) == 253
    assert canonical(LONGEST_DOMAIN.upper() + ".") == LONGEST_DOMAIN


@given(TEXTS)
@example("www.www.www.com")
@example("［::1］")
@example("[::ffff:127.0.0.1]")
@example("fe80::1%Eth0 ")
def test_no_text_is_an_error_and_twice_is_as_once(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert environment_of(once) in ("production", "staging", "local")


@given(
    DOMAINS,
    st.sampled_from(["", "http://", "https://", "HTTPS://", "//", "https://ana:secret@"]),
    st.sampled_from(["", "www.", "WWW."]),
    st.sampled_from(["", ".", ":443", ":8080", ".:80"]),
    st.sampled_from(["", "/", "/Admin/x.php", "?a=b@c", "#:/", "/a:b@c"]),
    st.data(),
)
def test_scheme_www_port_path_and_case_never_matter(
    domain: str, scheme: str, www: str, port: str, path: str, data: st.DataObject
) -> None:
    typed = "".join(data.draw(st.sampled_from((one, one.upper()))) for one in domain)
    assert canonical(f"{scheme}{www}{typed}{port}{path}") == domain


@given(DOMAINS, DOMAINS)
def test_two_domains_are_two_installations(one: str, other: str) -> None:
    assert (canonical(one) == canonical(other)) == (one == other)


@given(st.text(string.hexdigits, min_size=1, max_size=64))
def test_a_hash_keeps_its_case(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "shop.localhost",
        "www.localhost",
        "shop.local",
        "shop.test",
        "staging.shop.test",
        "shop.invalid",
        "shop.internal",
        "nas.lan",
        "nas.home.arpa",
        "localhost.localdomain",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.10",
        "169.254.1.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd12:3456::1",
    ],
)
def test_what_the_internet_does_not_reach_is_local(host: str) -> None:
    assert environment_of(host) == "local"


@pytest.mark.parametrize(
    "host",
    [
        "staging.shop.com",
        "dev.shop.com.br",
        "dev2.shop.com",
        "test.shop.es",
        "qa.shop.co.uk",
        "uat.shop.cl",
        "preview.shop.com",
        "sandbox.shop.com",
        "homolog.shop.com.br",
        "pruebas.shop.es",
        "shop-staging.example.com",
        "staging-shop.example.com",
        "pr-12-preview.shop.com",
        "shop.dev.agency.com",
    ],
)
def test_a_word_left_of_the_registered_domain_makes_it_staging(host: str) -> None:
    assert environment_of(host) == "staging"


@pytest.mark.parametrize(
    "host",
    [
        "loja.example.com",
        "loja.example",
        "shop.com",
        "test.com",
        "staging.com",
        "test-kits.com",
        "test.com.br",
        "dev.co.uk",
        "contest.shop.com",
        "testing-ground.org",
        "shop.dev",
        "lan.example.com",
        "localhost.com",
        "8.8.8.8",
        "172.32.0.1",
        "2606:4700::1111",
        "intranet",
        "staging",
        "test",
        "Dev. Server 3",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "",
    ],
)
def test_everything_else_counts_as_production(host: str) -> None:
    assert environment_of(host) == "production"


@pytest.mark.parametrize("fingerprint", ["https://www.shop.com:443/x", "SERVER-7", "XN--Tienda-And-Z9A5I.es"])
def test_what_is_not_needed_is_not_loaded(request: pytest.FixtureRequest, fingerprint: str) -> None:
    probe = (
        "import sys; from chalicelib.licensing.domains import canonical, environment_of; "
        "environment_of(canonical(sys.argv[1])); "
        "print(*{'idna', 'ipaddress', 'urllib.parse'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, fingerprint],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
