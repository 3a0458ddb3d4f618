"""Django settings, worked out from the typed ``Env``; nothing else reads the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.platforms.shopify.app import App
from productviz.database import database_settings
from productviz.env import ROOT, load_env
from productviz.mail import mail_settings

ENV = load_env()
BASE_DIR = ROOT
DEVELOPMENT = ENV.mode == "development"
DEBUG = False

# Built-in keys are for trying the product out; Env refuses them in production.
SECRET_KEY = ENV.secret_key or "development-only-key-that-production-refuses-to-start-with"
CREDENTIAL_KEYS = ENV.credential_keys or ["ZGV2ZWxvcG1lbnQta2V5LW5vdC1mb3ItcHJvZHVjdGk="]

PUBLIC_URL = ENV.public_url.rstrip("/")
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = [str(_public.hostname), *ENV.allowed_hosts]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
USE_X_FORWARDED_HOST = False
# Sign-in counts wrong passwords by network address: the visitor's, not the proxy's.
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxies
if ENV.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "productviz",
    "productviz.accounts",
    "productviz.outbox",
    "integrations",
    "generation",
]

MIDDLEWARE = [
    "productviz.lib.log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "integrations.embedded.EmbeddedMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "productviz.urls"
WSGI_APPLICATION = "productviz.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

DATA_DIR = ENV.data_dir
MODEL_DIR = ENV.model_dir or DATA_DIR / "models"
MODEL_REGISTRY = ENV.model_registry
MODEL_HUB = ENV.model_hub
ALLOW_NONCOMMERCIAL_MODELS = ENV.allow_noncommercial_models
GPU_DEVICE = ENV.gpu_device
GPU_MEMORY = ENV.gpu_memory
GPU_PRELOAD = ENV.gpu_preload
DATABASES = {"default": database_settings(ENV.database_url, sqlite_path=DATA_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "productviz.accounts.adapter.InvitedOnly"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

_S3 = {
    "bucket_name": ENV.s3_bucket,
    "endpoint_url": ENV.s3_endpoint_url or None,
    "querystring_auth": True,
}


def _files(folder: str) -> dict[str, object]:
    """A bucket prefix where a bucket is set, else a folder below the data folder."""
    if ENV.s3_bucket:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**_S3, "location": folder}}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / folder, "allow_overwrite": True},
    }


# Three places: work (re-computable), assets (what was promised), originals (never served).
STORAGES = {
    "default": _files("work"),
    "work": _files("work"),
    "assets": _files("assets"),
    "originals": _files("originals"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CDN_URL = ENV.cdn_url.rstrip("/")
CONTENT_CREDENTIALS = ENV.content_credentials

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS and not ENV.trusted_proxies
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *([CDN_URL] if CDN_URL else [])],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["productviz.accounts.authentication.ApiKeyAuthentication"],
    # A view that is not an ApiView lets nobody in.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["productviz.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "productviz.api.openapi.operations.Operation",
    "EXCEPTION_HANDLER": "productviz.api.handler.handle",
    "NUM_PROXIES": ENV.trusted_proxies,
    # A parameter is a filter or nothing: what comes is asked for in Accept.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ProductViz API",
    "VERSION": "1",
    "DESCRIPTION": "Products in, verified product images out. See docs/api.md and /api/v1/docs.",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/"}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATION_PARAMETERS": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "PREPROCESSING_HOOKS": ["productviz.api.openapi.operations.read_descriptions"],
    "POSTPROCESSING_HOOKS": ["productviz.api.openapi.document.finish"],
}
# Requests of one API key: (how many, in how many seconds).
API_LIMITS = {
    "read": (600, 60),
    "write": (120, 60),
    "generate": (60, 60),
    "upload": (60, 60),
    "upload_bytes": (5 * 1024**3, 86_400),
}
# Generations in flight: of one workspace outside batches, and of all before nothing more is taken.
API_IN_FLIGHT, API_QUEUE = 500, 100_000
# Requests that one process may keep open at a time: each holds one of its threads (deploy/: 8).
API_WAITERS, API_STREAMS, API_CALLS_OUT = 2, 2, 2

WEBHOOK_QUIET_SECONDS = ENV.webhook_quiet_seconds
AUTOMATION_PRODUCT_LIMIT = ENV.automation_product_limit
AUTOMATION_DAILY_LIMIT = ENV.automation_daily_limit
WORKSPACE_DAILY_LIMIT = ENV.workspace_daily_limit

KEEP_SOURCES_DAYS = ENV.keep_sources_days
KEEP_UNPUBLISHED_DAYS = ENV.keep_unpublished_days
KEEP_SNAPSHOTS_DAYS = ENV.keep_snapshots_days
KEEP_AUDIT_DAYS = ENV.keep_audit_days

OUTBOUND_ALLOW_HOSTS = ENV.outbound_allow_hosts
OUTBOUND_ALLOW_CIDRS = ENV.outbound_allow_cidrs

# Letters to owners; without a server none are sent.
EMAIL_BACKEND, _mail = mail_settings(ENV.smtp_url)
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.is_ssl, _mail.is_starttls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = ENV.mail_from or f"productviz@{_public.hostname}"

# The operator's app at Shopify; without keys there is none (docs/shopify.md).
SHOPIFY_APP = App(
    client_id=ENV.shopify_client_id,
    client_secret=ENV.shopify_client_secret,
    old_client_secret=ENV.shopify_old_client_secret,
    sandbox_url=ENV.shopify_sandbox_url,
)

# A serving system of the operator's that paints; None without one (docs/remote-engine.md).
REMOTE_ENGINE = ENV.painter()
# How inference, a stage that knows no other, has a picture from outside decoded.
DECODE_PICTURE = "generation.preprocessing.decode.decode"

# The rows are the truth and a task is only a wake-up, so a task lost or run twice is harmless.
# retry > 3 x timeout: django-q2's retry clock starts when a row is prefetched (measured 2026-11).
Q_CLUSTER = {
    "name": "default",
    "orm": "default",
    "workers": ENV.workers,
    # A slice is 30 seconds and ends with the row in hand; only a hung worker takes ten minutes.
    "timeout": 600,
    "retry": 2000,
    "queue_limit": ENV.workers,
    "bulk": 1,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 3,
    "catch_up": False,
    "guard_cycle": 0.5,
    "poll": ENV.queue_poll_seconds,
    "label": "Queue",
    "ALT_CLUSTERS": {
        "gpu": {
            "workers": 1,
            # A slice, a shift begun at its end (`painting_work`), and the longest picture begun in
            # that (`pipeline.LIMITS`): one that waits ten minutes for its turn and is painted for
            # ten, and the stages before and after.
            "timeout": 2100,
            "retry": 6600,
            "queue_limit": 1,
            "bulk": 1,
            "recycle": 0,
            "daemonize_workers": False,
        },
    },
}

# The one task: every queue entry is a wake-up (see productviz/work.py).
QUEUE_TASK = "productviz.work.drain"
# How the storefront side, which lies below, gets an address of a file for a store to fetch.
PUBLIC_FILE_URL = "generation.assets.cdn.public_file_url"
# How intake, a stage that knows no other, has a request answered that was answered before.
ANSWER_AT_ONCE = "generation.known.answer"
# How webhooks, which lie below too, get the addresses of an event's files where these are wanted.
EVENT_URLS = "generation.event_urls.of_event"
# What a new workspace begins with, and what is left of a store that must be erased: nothing.
NEW_WORKSPACE = "generation.presets.ensure_built_in"
ERASE_PICTURES = "generation.erasure.erase_pictures"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 26_214_400

LOGGING_CONFIG = "productviz.lib.log.configure"
LOGGING = {"format": ENV.log_format}
SILENCED_SYSTEM_CHECKS: list[str] = []
