"""A person at a browser, as far as forms and links go: fill in what a page asks, press its button.

Not the product's HTTP: the merchant's. It reads the pages that were served, so a form that lost a
field or its token fails here as it would for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 60


class Stuck(Exception):
    """The page did not offer what the person was looking for."""


@dataclass(slots=True)
class Form:
    """One form of a page; ``fields`` are the values it would send untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []  # (id and classes, address)
        self._select: str | None = None
        self._chosen: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "a" and "href" in given:
            names = f"{given.get('id', '')} {given.get('class', '')}"
            self.links.append((names, given["href"]))
        elif not self.forms:
            return
        elif tag == "input":
            self._input(given, "checked" in given)
        elif tag == "button" and given.get("name"):
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select, self._chosen = given.get("name"), None
        elif tag == "option" and self._select and ("selected" in given or self._chosen is None):
            self._chosen = (self._select, given.get("value", ""))
        elif tag == "textarea" and given.get("name"):
            self.forms[-1].fields.append((given["name"], ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._chosen is not None:
            self.forms[-1].fields.append(self._chosen)
            self._select = None

    def _input(self, given: dict[str, str], checked: bool) -> None:
        kind, name = given.get("type", "text"), given.get("name")
        if not name or kind == "submit" or (kind in {"checkbox", "radio"} and not checked):
            return
        self.forms[-1].fields.append((name, given.get("value", "")))


class Browser:
    """One session with its cookies and the page it is on."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = ""
        self.html = ""

    def headers_for(self, url: str) -> dict[str, str]:
        """What this browser adds to a request for ``url``."""
        return {}

    def open(self, url: str) -> str:
        """Follow a link; returns the page. Raises Stuck for an error page."""
        return self._get(urljoin(self.url, url))

    def _get(self, url: str, values: list[tuple[str, str]] | None = None) -> str:
        headers = self.headers_for(url)
        return self._arrived(self.session.get(url, params=values, headers=headers, timeout=TIMEOUT))

    def follow(self, name: str) -> str:
        """Click the page's link with this id or class."""
        for names, address in _read(self.html).links:
            if name in names.split():
                return self.open(address)
        raise Stuck(f"{self.url} has no link {name}")

    def submit(
        self, action: str, fields: Mapping[str, str | list[str]] | None = None, *, button: str = ""
    ) -> str:
        """Fill in and send the page's form whose action's path ends in ``action``."""
        form = self._form(action)
        wanted = fields or {}
        values = [(name, value) for name, value in form.fields if name not in wanted]
        for name, given in wanted.items():
            values += [(name, one) for one in ([given] if isinstance(given, str) else given)]
        values += [(name, value) for name, value in form.buttons if value == button]
        target = urljoin(self.url, form.action or self.url)
        if form.method == "get":
            return self._get(target, values)
        headers = {"Referer": self.url, **self.headers_for(target)}
        return self._arrived(
            self.session.post(target, data=values, headers=headers, timeout=TIMEOUT)
        )

    def _form(self, action: str) -> Form:
        forms = _read(self.html).forms
        for form in forms:
            if urlsplit(form.action or self.url).path.endswith(action):
                return form
        actions = ", ".join(form.action or "(this page)" for form in forms)
        raise Stuck(f"{self.url} has no form for {action}; it has: {actions or 'none'}")

    def _arrived(self, response: requests.Response) -> str:
        self.url, self.html = response.url, response.text
        if response.status_code >= 400:
            raise Stuck(f"{response.url} answered {response.status_code}: {response.text[:300]}")
        return self.html


def _read(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page
