"""What a charger shows to the person who holds a card to it, in a few words of that person's language. Pure."""

from decimal import Decimal

from chargers.events import TokenStatus

# The first is spoken where nobody chose one, or one that we have no words in.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
}
WORDS = {
    TokenStatus.NO_CREDIT: {
        "en": "No credit left",
        "de": "Kein Guthaben mehr",
        "es": "Sin saldo",
        "fr": "Crédit épuisé",
        "it": "Credito esaurito",
        "nl": "Geen tegoed meer",
    },
    TokenStatus.BLOCKED: {
        "en": "This card is blocked",
        "de": "Diese Karte ist gesperrt",
        "es": "Esta tarjeta está bloqueada",
        "fr": "Cette carte est bloquée",
        "it": "Questa tessera è bloccata",
        "nl": "Deze pas is geblokkeerd",
    },
    TokenStatus.EXPIRED: {
        "en": "This card has expired",
        "de": "Diese Karte ist abgelaufen",
        "es": "Esta tarjeta ha caducado",
        "fr": "Cette carte a expiré",
        "it": "Questa tessera è scaduta",
        "nl": "Deze pas is verlopen",
    },
    TokenStatus.NOT_ALLOWED_HERE: {
        "en": "Not valid at this bay",
        "de": "Gilt nicht an diesem Stellplatz",
        "es": "No vale en esta plaza",
        "fr": "Non valable à cette place",
        "it": "Non vale in questo posto",
        "nl": "Niet geldig op deze plek",
    },
    TokenStatus.NOT_NOW: {
        "en": "Not valid now",
        "de": "Gilt zurzeit nicht",
        "es": "No vale en este momento",
        "fr": "Non valable en ce moment",
        "it": "Non vale in questo momento",
        "nl": "Nu niet geldig",
    },
    TokenStatus.CONCURRENT: {
        "en": "This card is charging elsewhere",
        "de": "Mit dieser Karte wird schon geladen",
        "es": "Esta tarjeta ya está cargando",
        "fr": "Cette carte charge déjà ailleurs",
        "it": "Questa tessera sta già caricando",
        "nl": "Met deze pas wordt al geladen",
    },
}
CREDIT = {
    "en": "Credit: {}",
    "de": "Guthaben: {}",
    "es": "Saldo: {}",
    "fr": "Crédit : {}",
    "it": "Credito: {}",
    "nl": "Tegoed: {}",
}


def spoken(*wished: str) -> str:
    """The first of the `wished` languages ("de-CH", "de", "") that we have words in."""
    short = (one.partition("-")[0].casefold() for one in wished)
    return next((one for one in short if one in LANGUAGES), next(iter(LANGUAGES)))


def words_for(status: TokenStatus, *, credit: Decimal | None, currency: str, language: str) -> str:
    """For a card that we know; blank where its status says all that there is to say."""
    if status is TokenStatus.ACCEPTED and credit is not None:
        amount = f"{credit:.2f}" if language == "en" else f"{credit:.2f}".replace(".", ",")
        return CREDIT[language].format(f"{amount} {currency}".rstrip())
    return WORDS.get(status, {}).get(language, "")
