"""Every setting of the depot, from the environment only; a bad value stops the start and is named."""

import warnings
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ON = ("true", "on", "yes", "1")
OFF = ("false", "off", "no", "0", "")


def setting(name: str, kind: str, default: Any = environ.Env.NOTSET) -> Any:
    """The value of environment variable `name`, read as `kind` (str, int, float, bool, list, db_url, ...)."""
    try:
        return getattr(env, kind)(name, default=default)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"{name}={env.str(name, default='')!r} is not a valid {kind}: {error}") from error


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value: str = setting(name, "str", default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: one of {', '.join(allowed)} is expected")
    return value


def switch(name: str, *, default: bool) -> bool:
    # environ takes every word that it does not know for False: a mistyped "ture" would turn a protection off.
    word: str = setting(name, "str", ON[0] if default else OFF[0])
    if word.lower() not in (*ON, *OFF):
        raise ImproperlyConfigured(f"{name}={word!r}: {ON[0]} or {OFF[0]} is expected")
    return word.lower() in ON


def positive(name: str, default: int) -> int:
    value: int = setting(name, "int", default)
    if value <= 0:
        raise ImproperlyConfigured(f"{name}={value}: a number above 0 is expected")
    return value


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses, or whole networks as 10.0.0.0/8, separated by commas."""
    try:
        return tuple(ip_network(one.strip()) for one in setting(name, "list", []))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


VAR_DIR = Path(setting("DEPOT_VAR", "str", str(BASE_DIR / "var")))
# What `run.py` made for this install; real environment variables win.
if (VAR_DIR / "secret.env").is_file():
    environ.Env.read_env(str(VAR_DIR / "secret.env"))

DEBUG = switch("DEBUG", default=False)
SECRET_KEY = setting("SECRET_KEY", "str")
# Charger passwords and API keys are generated machine secrets, kept as HMAC-SHA-256 under this key.
CREDENTIAL_KEY = setting("CREDENTIAL_KEY", "str")
for _name, _value in (("SECRET_KEY", SECRET_KEY), ("CREDENTIAL_KEY", CREDENTIAL_KEY)):
    if len(_value) < 32:
        raise ImproperlyConfigured(f"{_name} has {len(_value)} characters: at least 32 random ones are expected")

ALLOWED_HOSTS = setting("ALLOWED_HOSTS", "list", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = setting("CSRF_TRUSTED_ORIGINS", "list", [])
SECURE_COOKIES = switch("SECURE_COOKIES", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "depot_session"
if switch("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "chargers",
    "chargers.device_model",
    "chargers.held",
    "chargers.upkeep",
    "chargers.grid",
    "chargers.streams",
    "chargers.swapping",
    "chargers.certificates",
    "sessions.apps.ChargingSessionsConfig",
    "sessions.reserving",
    "billing",
    "billing.onsite",
    "depot.apps.DepotConfig",
    "depot.access",
    "depot.api",
    "depot.board",
    "depot.yard",
    "depot.notices",
    "depot.upkeep",
    "depot.energy",
    "depot.energy.delivery",
    "depot.energy.solar",
    "depot.energy.response",
    "depot.energy.pages",
    "depot.uploads",
    "depot.firmware",
    "depot.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "depot.board.middleware.content_security_policy",
]

ROOT_URLCONF = "depot.urls"
ASGI_APPLICATION = "depot.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "depot.board.frame.frame",
            ],
            "builtins": ["depot.board.templatetags.depot"],
        },
    }
]

# Storage: SQLite beside the program, or PostgreSQL.
_database = setting("DATABASE_URL", "db_url", f"sqlite:///{VAR_DIR / 'depot.sqlite3'}")
_database.setdefault("ENGINE", "")
EMBEDDED_DATABASE = _database["ENGINE"] == "django.db.backends.sqlite3"
if EMBEDDED_DATABASE:
    _database["ENGINE"] = "depot.embedded_sqlite"
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a depot's small computer loses power together with its chargers.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
    }
    # A file, for Django's in-memory test database answers "table is locked" to threads.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
elif _database["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL: sqlite:///path or postgres://user:password@host:port/name is expected")
else:
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that is cut off says nothing: without these its connections hang for a quarter of an hour, and each
    # charger's word behind them. What the URL says wins.
    _database["OPTIONS"] = {
        "connect_timeout": 3,  # seconds
        "tcp_user_timeout": 20_000,  # milliseconds
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        **_database.get("OPTIONS", {}),
    }
_database["CONN_MAX_AGE"] = None
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The channel layer and the Celery broker: in this process, or Redis.
REDIS_URL = setting("REDIS_URL", "str", "")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(f"REDIS_URL={REDIS_URL!r}: redis://, rediss:// or unix:// is expected")
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = {} if REDIS_URL else {"polling_interval": 0.01}
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BEAT_SCHEDULE = {
    # Beat ticks each real second; what is due by the business clock is decided inside.
    # Ticks that no worker was there for are not made up for: the next one does what is due.
    "tick": {"task": "depot.tasks.tick", "schedule": timedelta(seconds=1), "options": {"expires": 60}},
    "certificates": {"task": "depot.tasks.look_at_certificates", "schedule": timedelta(hours=1)},
    "prune": {"task": "depot.tasks.prune", "schedule": timedelta(hours=1)},
    "check-sessions": {"task": "depot.tasks.check_sessions", "schedule": timedelta(hours=24)},
}

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["depot.access.backends.RolesBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "sign-in"
CSRF_FAILURE_VIEW = "depot.access.errors.csrf_failed"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# WhiteNoise gives files as synchronous streams, which Django reads at once under ASGI: they are small, and cached.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "depot.access.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["depot.access.permissions.PermissionsNeeded"],
    "DEFAULT_FILTER_BACKENDS": ["depot.access.filters.WithinReach", "depot.access.filters.NamedFilters"],
    "DEFAULT_PAGINATION_CLASS": "depot.access.paging.CursorPaging",
    "DEFAULT_PARSER_CLASSES": ["depot.access.parsing.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "depot.access.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "depot.access.problem.answer_problem",
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Depot",
    "DESCRIPTION": "Chargers, sessions and transactions of the depot.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "depot.access.schema.describe_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ChargerStandingEnum": "chargers.choices.Standing",
        "DisplayedWhileEnum": "depot.device.operations.DISPLAYED_WHILE",
        "GradeEnum": "billing.serializers.GRADES",
        "ProtocolEnum": "chargers.choices.Protocol",
        "ReportStateEnum": "chargers.device_model.models.ReportState",
        "SettlementStateEnum": "billing.onsite.models.SettlementState",
        "TokenStandingEnum": "sessions.models.TokenStanding",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# The chargers' door.
WAITING_ROOM_OPEN = switch("WAITING_ROOM_OPEN", default=True)
WAITING_ROOM_SIZE = positive("WAITING_ROOM_SIZE", 50)
WAITING_ROOM_INTERVAL_S = positive("WAITING_ROOM_INTERVAL_S", 60)
WAITING_ROOM_KEPT_FRAMES = positive("WAITING_ROOM_KEPT_FRAMES", 500)
HEARTBEAT_INTERVAL_S = positive("HEARTBEAT_INTERVAL_S", 300)
METER_INTERVAL_S = positive("METER_INTERVAL_S", 60)
HANDSHAKES_PER_MINUTE_PER_ADDRESS = positive("HANDSHAKES_PER_MINUTE_PER_ADDRESS", 6000)
CHARGER_SOCKETS_MAX = positive("CHARGER_SOCKETS_MAX", 10_000)
CALL_TIMEOUT_S = positive("CALL_TIMEOUT_S", 30)
# Nothing is asked of a charger before its boot is answered; one that has not booted for so long does not mean to.
BOOT_AWAITED_S: float = setting("BOOT_AWAITED_S", "float", 5.0)
CALL_QUEUE_LENGTH = positive("CALL_QUEUE_LENGTH", 64)
SETTLE_AFTER_S = positive("SETTLE_AFTER_S", 600)
SETTLE_ESTIMATED_AFTER_S = positive("SETTLE_ESTIMATED_AFTER_S", 72 * 3600)
TRACE_KEPT_DAYS = positive("TRACE_KEPT_DAYS", 14)
METER_CURVE_KEPT_DAYS = positive("METER_CURVE_KEPT_DAYS", 730)
STREAM_VALUES_KEPT_DAYS = positive("STREAM_VALUES_KEPT_DAYS", 30)
PUBLIC_CHARGER_URL = setting("PUBLIC_CHARGER_URL", "str", "")

# Files that chargers bring (logs) and fetch (firmware): every process that serves them needs this folder.
FILES_DIR = setting("FILES_DIR", "str", str(VAR_DIR / "files"))
PUBLIC_FILES_URL = setting("PUBLIC_FILES_URL", "str", "")
UPLOAD_MAX_MB = positive("UPLOAD_MAX_MB", 100)
UPLOADS_KEPT_DAYS = positive("UPLOADS_KEPT_DAYS", 90)
FIRMWARE_MAX_MB = positive("FIRMWARE_MAX_MB", 512)
# TLS for chargers by our own server: PEM files, several (one of RSA, one of EC) separated by commas. Empty: none, or by
# a proxy in front, whose word on encryption and client certificates is taken from these addresses only.
TLS_CERTIFICATES: list[str] = setting("TLS_CERTIFICATES", "list", [])
TLS_KEYS: list[str] = setting("TLS_KEYS", "list", [])
TLS_PORT = positive("TLS_PORT", 8443)
if len(TLS_CERTIFICATES) != len(TLS_KEYS):
    raise ImproperlyConfigured("TLS_CERTIFICATES and TLS_KEYS: as many of the one as of the other are expected")
for _name, _value in (("TLS_CERTIFICATES", TLS_CERTIFICATES), ("TLS_KEYS", TLS_KEYS)):
    for _path in _value:
        if not Path(_path).is_file():
            raise ImproperlyConfigured(f"{_name}: there is no file {_path}")
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
CLIENT_CERTIFICATE_HEADER: str = setting("CLIENT_CERTIFICATE_HEADER", "str", "X-Client-Certificate")
# Plug & Charge: "local" is a test PKI of our own, an http(s) address somebody else's; empty: none.
PLUG_AND_CHARGE: str = setting("PLUG_AND_CHARGE", "str", "")
PLUG_AND_CHARGE_KEY: str = setting("PLUG_AND_CHARGE_KEY", "str", "")
if PLUG_AND_CHARGE not in ("", "local") and not PLUG_AND_CHARGE.startswith(("http://", "https://")):
    raise ImproperlyConfigured(f"PLUG_AND_CHARGE={PLUG_AND_CHARGE!r}: local, http://… or https://… is expected")
CHARGER_CERTIFICATE_DAYS = positive("CHARGER_CERTIFICATE_DAYS", 365)
CHARGER_CERTIFICATE_RENEWED_DAYS_BEFORE = positive("CHARGER_CERTIFICATE_RENEWED_DAYS_BEFORE", 30)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"not_our_fault": {"()": "depot.logs.NotOurFault"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["not_our_fault"]}},
    "root": {"handlers": ["console"], "level": choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
    "loggers": {
        "daphne": {"level": "WARNING"},
        # Its own program gives it a handler of its own, which knows none of our filters.
        "uvicorn": {"level": "WARNING", "propagate": True},
        "celery": {"level": "WARNING"},
        # Warns of each orderly stop.
        "celery.worker.control": {"level": "ERROR"},
    },
}
