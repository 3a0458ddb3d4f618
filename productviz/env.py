"""Every setting an operator may give, typed, from the environment or from files.

A value that cannot be right stops the start with a sentence. ``PRODUCTVIZ_X`` sets ``x``;
a file named ``productviz_x`` in ``PRODUCTVIZ_SECRETS_DIR`` does the same for secrets.
"""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from productviz.mail import mail_settings
from productviz.remote import RemoteEngine, remote_engine

ROOT = Path(__file__).resolve().parent.parent

CommaList = Annotated[list[str], NoDecode]


class Env(BaseSettings):
    """The installation's settings; see docs/operations.md for the table."""

    model_config = SettingsConfigDict(
        env_prefix="PRODUCTVIZ_",
        extra="forbid",
        secrets_dir=os.environ.get("PRODUCTVIZ_SECRETS_DIR"),
    )

    secrets_dir: Path | None = Field(None, description="Folder with one file a secret.")
    mode: Literal["production", "development"] = Field(
        "production", description="Development allows the built-in keys and plain http."
    )
    secret_key: str = Field("", description="Signs sessions and file URLs; 50 random characters.")
    credential_keys: CommaList = Field(
        default_factory=list,
        description="Fernet keys for credentials, newest first; `manage.py new_key` makes one.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where browsers and stores reach this installation."
    )
    database_url: str = Field(
        "", description="postgresql://user:password@host/name, or empty for SQLite."
    )
    data_dir: Path = Field(ROOT / "var", description="SQLite file, local images, models.")
    model_dir: Path | None = Field(None, description="Network weights; DATA_DIR/models if empty.")
    model_registry: Path | None = Field(
        None,
        description="A TOML file of your own that adds diffusion models, or replaces some by name:"
        " docs/gpu.md.",
    )
    model_hub: str = Field(
        "https://huggingface.co",
        description="Where diffusion models are fetched from; the address of a mirror of the hub.",
    )
    allow_noncommercial_models: bool = Field(
        False,
        description="Also use models whose licence forbids commercial use. You answer for it.",
    )
    gpu_device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Where models paint: auto (the first GPU), cuda:1 or cpu; one worker each.",
    )
    gpu_memory: float | None = Field(
        None, gt=0, description="GB of the GPU's memory that models may take; empty for all of it."
    )
    gpu_preload: CommaList = Field(
        default_factory=list,
        description="Models that a GPU worker loads at its start; `manage.py fetch_model` lists"
        " their names.",
    )
    s3_bucket: str = Field("", description="Store files in this bucket instead of DATA_DIR.")
    s3_endpoint_url: str = Field("", description="For S3-compatible stores.")
    cdn_url: str = Field("", description="CDN in front of the files, e.g. https://cdn.example.com.")
    allowed_hosts: CommaList = Field(default_factory=list, description="More host names of ours.")
    outbound_allow_hosts: CommaList = Field(
        default_factory=list, description="host or host:port on the LAN that stores may use."
    )
    outbound_allow_cidrs: CommaList = Field(
        default_factory=list, description="Address ranges on the LAN that stores may use."
    )
    smtp_url: str = Field(
        "",
        description="Mail server for letters to owners: smtp://user:password@host:587 (STARTTLS),"
        " smtps://... or smtp+plain://host:25 on your own network; none are sent without one.",
    )
    mail_from: str = Field(
        "", description="Sender of those letters; productviz@ our host if empty."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front of the web server."
    )
    workers: int = Field(2, ge=1, le=64, description="Worker processes of the queue.")
    queue_poll_seconds: float = Field(
        0.5, gt=0, le=10, description="How often the queue looks for work."
    )
    webhook_quiet_seconds: float = Field(
        60.0,
        ge=0,
        le=600,
        description="A product is read again when its store's webhooks have been quiet for so"
        " long, or after ten times as long if they never are.",
    )
    automation_product_limit: int = Field(
        10, ge=1, description="Images that one automation makes of one product in 24 hours."
    )
    automation_daily_limit: int = Field(
        1000,
        ge=1,
        description="Images that a store's automations make in 24 hours; beyond that they pause"
        " and ask.",
    )
    keep_sources_days: int = Field(
        30,
        ge=1,
        description="Photographs as received, previews and cut-outs: so long after their last use;"
        " candidates of ended images as long.",
    )
    keep_unpublished_days: int = Field(
        90, ge=1, description="Finished images that no store shows: so long after their last use."
    )
    keep_snapshots_days: int = Field(
        90, ge=1, description="Galleries as they were; after that a publication cannot be undone."
    )
    keep_audit_days: int = Field(400, ge=1, description="Lines of the audit log.")
    workspace_daily_limit: int | None = Field(
        None,
        ge=1,
        description="The most images that each workspace may make in a day (UTC); empty for no"
        " limit but its own.",
    )
    shopify_client_id: str = Field("", description="Client ID of your Shopify app.")
    shopify_client_secret: str = Field("", description="Client secret of your Shopify app.")
    shopify_old_client_secret: str = Field(
        "", description="The secret before the last rotation; remove it a day later."
    )
    shopify_sandbox_url: str = Field(
        "",
        description="A sandbox in place of Shopify, e.g. http://127.0.0.1:8443; development only.",
    )
    content_credentials: Literal["auto", "off"] = Field(
        "auto", description="Sign finished files (C2PA) where the extra “provenance” is installed."
    )
    remote_engine: str = Field(
        "",
        description="A serving system that paints in place of a GPU here:"
        " comfyui+https://host:8188 or openai+https://host/v1; see docs/remote-engine.md.",
    )
    remote_engine_key: str = Field("", repr=False, description="Its key, sent as a bearer token.")
    remote_model: str = Field("", description="The model it runs, for every image's manifest.")
    remote_model_licence: str = Field("", description="That model's licence, for the manifest.")
    remote_kinds: CommaList = Field(
        default_factory=list,
        description="Kinds of images that it paints; `ai_scene,edit` if empty.",
    )
    remote_timeout: float = Field(
        300.0, ge=5, le=540, description="Seconds that it may take for one image; 540 at most."
    )
    remote_at_once: int = Field(2, ge=1, le=32, description="Images asked of it at a time.")
    remote_workflows: Path | None = Field(
        None, description="Folder with ComfyUI workflows of your own; those shipped if empty."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="Log lines for machines or people."
    )

    @field_validator(
        "credential_keys",
        "gpu_preload",
        "allowed_hosts",
        "outbound_allow_hosts",
        "outbound_allow_cidrs",
        "remote_kinds",
        mode="before",
    )
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Read ``a, b`` as a list."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("workspace_daily_limit", "model_registry", "gpu_memory", mode="before")
    @classmethod
    def read_empty_as_none(cls, value: object) -> object:
        """An empty variable is no limit, and no file."""
        return None if value == "" else value

    @field_validator("smtp_url")
    @classmethod
    def check_mail_server(cls, url: str) -> str:
        """Refuse what is no mail server, rather than at the first letter."""
        mail_settings(url)
        return url

    @field_validator("model_hub")
    @classmethod
    def check_hub(cls, url: str) -> str:
        """Refuse what is no address, rather than at the first fetch."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("This must be an address such as https://huggingface.co")
        return url.rstrip("/")

    @field_validator("outbound_allow_cidrs")
    @classmethod
    def check_ranges(cls, ranges: list[str]) -> list[str]:
        """Refuse a range that is none, rather than at the first request."""
        for text in ranges:
            ip_network(text)
        return ranges

    def painter(self) -> RemoteEngine | None:
        """The remote engine, if there is one. Raises ValueError for what cannot be right."""
        return remote_engine(
            self.remote_engine,
            key=self.remote_engine_key,
            model=self.remote_model,
            licence=self.remote_model_licence,
            kinds=self.remote_kinds,
            timeout=self.remote_timeout,
            at_once=self.remote_at_once,
            workflows=self.remote_workflows,
            plain_hosts=self.outbound_allow_hosts,
        )

    @model_validator(mode="after")
    def check_remote_engine(self) -> Env:
        """Refuse a serving system that cannot be asked, rather than at the first image."""
        self.painter()
        return self

    @model_validator(mode="after")
    def refuse_unsafe_production(self) -> Env:
        """Production never starts on built-in keys or without a way to be reached safely."""
        if urlsplit(self.public_url).hostname is None:
            raise ValueError(
                "PRODUCTVIZ_PUBLIC_URL must be a URL such as https://images.example.com"
            )
        if bool(self.shopify_client_id) != bool(self.shopify_client_secret):
            raise ValueError(
                "PRODUCTVIZ_SHOPIFY_CLIENT_ID and PRODUCTVIZ_SHOPIFY_CLIENT_SECRET belong together;"
                " copy both from your app's settings in the Shopify Dev Dashboard"
            )
        if self.mode == "development":
            return self
        if self.shopify_sandbox_url:
            raise ValueError(
                "PRODUCTVIZ_SHOPIFY_SANDBOX_URL stands for Shopify in development only; remove it"
            )
        if len(self.secret_key) < 40:
            raise ValueError(
                "PRODUCTVIZ_SECRET_KEY must be set to at least 40 random characters in production"
                " (or set PRODUCTVIZ_MODE=development to try the product out)"
            )
        if not self.credential_keys:
            raise ValueError(
                "PRODUCTVIZ_CREDENTIAL_KEYS must hold at least one key in production;"
                " make one with `manage.py new_key`"
            )
        return self


def load_env() -> Env:
    """The settings, or an end of the process that names every wrong one."""
    try:
        return Env()
    except ValidationError as error:
        reasons = [_reason(found["loc"], found["msg"]) for found in error.errors()]
        raise SystemExit("ProductViz cannot start:\n" + "\n".join(reasons)) from None


def _reason(place: tuple[int | str, ...], message: str) -> str:
    name = f"PRODUCTVIZ_{str(place[0]).upper()}: " if place else ""
    return f"- {name}{message.removeprefix('Value error, ')}"
