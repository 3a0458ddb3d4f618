"""Template tags of the dashboard: chips, icons, the stage strip and small filters."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from generation import presentation
from generation.models import Generation
from generation.models.generations import CANCELING
from generation.presentation import Picture
from productviz.accounts.models import Membership, Role
from productviz.outbox.models import Event
from productviz.outbox.pulse import Pulse

register = template.Library()

_TONES = {
    "good": "succeeded published connected active done completed pass processed enabled delivered",
    "busy": "preparing processing canceling in_progress running rolling_back pending"
    " awaiting_store",
    "ask": "awaiting_review partially_published pending_approval asking conflict degraded review"
    " retry paused",
    "bad": "failed rejected reject rollback_failed disconnected deleted disabled exhausted expired",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}
_PAGES = {
    "generation": "generation",
    "publication": "publication",
    "batch": "batch",
    "store": "store",
    "product": "product",
}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, hidden from screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def chip(value: str, label: str) -> SafeString:
    """A state as a small label; its colour repeats what its words say."""
    return format_html(
        '<span class="chip" data-tone="{}">{}</span>', _TONE_OF.get(value, "quiet"), label
    )


@register.simple_tag
def status_chip(generation: Generation) -> SafeString:
    """The state of a generation."""
    shown = generation.shown_status
    return chip(shown, "Stopping" if shown == CANCELING else generation.get_status_display())


@register.inclusion_tag("_strip.html", takes_context=True)
def stage_strip(context: dict[str, Any]) -> dict[str, Any]:
    """The six stages of the signed-in person's workspace, now."""
    return {"strip": presentation.strip(context["request"].workspace)}


_BARS_HIGH, _BAR_STEP, _LEAST_BAR = 28, 7, 2


@register.inclusion_tag("webhooks/_bars.html")
def bars(pulse: Pulse) -> dict[str, Any]:
    """The last 24 hours of an endpoint as bars: failures stand on what went well."""
    most = max((hour.good + hour.bad for hour in pulse.hours), default=0) or 1
    drawn = []
    for number, hour in enumerate(pulse.hours):
        good, bad = (_height(count, most) for count in (hour.good, hour.bad))
        top = _BARS_HIGH - good
        drawn.append(
            {"x": number * _BAR_STEP, "good": good, "y": top, "bad": bad, "over": top - bad}
        )
    return {"pulse": pulse, "bars": drawn, "high": _BARS_HIGH}


def _height(count: int, most: int) -> int:
    room = _BARS_HIGH - _LEAST_BAR  # so that a few failures show beside many successes
    return max(round(count / most * room), _LEAST_BAR) if count else 0


@register.filter
def may(membership: Membership, role: str) -> bool:
    """Whether the member's role is at least ``role``."""
    return membership.may(Role(role))


@register.filter
def thumbnail(generation: Generation) -> Picture | None:
    """The generation's result as a small picture."""
    return presentation.thumbnail(generation)


@register.filter
def preview(generation: Generation) -> Picture | None:
    """The source photo that stands in while there is no result."""
    return presentation.preview(generation)


@register.filter
def web_url(url: str) -> str:
    """The address if it is a web address, else nothing: a store may say ``javascript:``."""
    return url if presentation.origin(url) else ""


@register.filter
def pretty_json(value: object) -> str:
    """Indented JSON as text; the template escapes it."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


@register.filter
def coded(text: str) -> SafeString:
    """A sentence with what stands between backticks as code: a command to type."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ([_code(part) if at % 2 else part] for at, part in parts))


def _code(words: str) -> SafeString:
    return format_html("<code>{}</code>", words)


@register.filter
def words(name: str) -> str:
    """``local_colour`` as "Local colour"."""
    return name.replace("_", " ").replace(".", " ").strip().capitalize()


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min, 2 h 5 min."""
    if seconds is None:
        return ""
    if seconds < 10 and not isinstance(seconds, int):
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def figure(value: float) -> str:
    """A measured number with three digits that count."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


_EVENT_ICONS = {
    "good": ("check", "completed approved published rolled_back connected"),
    "ask": ("eye", "review_required pending_approval conflict partially_published degraded"),
    "bad": ("warning", "failed rejected rollback_failed disconnected expired"),
    "quiet": ("cross", "canceled deleted"),
}
_ICON_OF = {
    word: (tone, icon_name)
    for tone, (icon_name, words) in _EVENT_ICONS.items()
    for word in words.split()
}


@register.filter
def event_tone(event: Event) -> str:
    """The tone of what happened."""
    return _ICON_OF.get(event.type.rpartition(".")[2], ("busy", ""))[0]


@register.filter
def event_icon(event: Event) -> str:
    """The icon of what happened."""
    return _ICON_OF.get(event.type.rpartition(".")[2], ("", "clock"))[1]


@register.filter
def event_page(event: Event) -> str:
    """The page of the object that an event is about; empty if it has none."""
    kind, _, what = event.type.partition(".")
    name = "" if what == "deleted" else _PAGES.get(kind)
    return reverse(name, args=[event.object_id]) if name else ""


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], *names: str) -> SafeString:
    """``aria-current`` for the part of the dashboard that the page belongs to."""
    match = context["request"].resolver_match
    return (
        format_html(' aria-current="{}"', "page")
        if match and match.url_name in names
        else SafeString("")
    )


@register.filter
def words_of(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()


@register.filter
def value_of(values: QueryDict, name: str) -> str:
    """One value of a query or a form."""
    return values.get(name, "")
