"""PURE: the columns that an import knows: how people title them, and how their cells are read."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    CHARGERS = "chargers"
    BAYS = "bays"
    VEHICLES = "vehicles"
    TOKENS = "tokens"


class Unreadable(Exception):
    """A cell that is not what its column wants; the message is for people."""


Read = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`spellings` are titles in plain letters, as `plain` leaves them; `empty` is what CLEAR makes of it."""

    name: str
    title: str
    spellings: tuple[str, ...]
    read: Read
    is_key: bool = False
    empty: Any = ""
    example: str = ""


def plain(title: str) -> str:
    """A column title without case, accents, units, blanks and marks: "Batterie (kWh)" and "batterie" are one."""
    title = re.sub(r"[(\[].*?[)\]]", " ", title)
    letters = unicodedata.normalize("NFKD", title.casefold())
    title = "".join(letter for letter in letters if letter.isalnum())
    return re.sub(r"(?<=[a-z]{3})(kwh|kw|percent|prozent)$", "", title)


def unit_of(title: str) -> str:
    """The unit that a title names: W and Wh where it says so; otherwise the usual one, ""."""
    found = re.search(r"(?:[(\[]\s*|\bin\s+|_)(k?wh?)\b\s*[)\]]?", title, re.IGNORECASE)
    return found.group(1).casefold() if found else ""


def recognise(kind: Kind, title: str) -> Column | None:
    name = plain(title)
    return next((column for column in COLUMNS[kind] if name and name in column.spellings), None)


def _text(most: int) -> Read:
    def read(cell: str, unit: str) -> str:
        if len(cell) > most:
            raise Unreadable(f"“{cell[:20]}…” is longer than {most} characters.")
        if any(unicodedata.category(letter) == "Cc" for letter in cell):
            raise Unreadable("it holds characters that cannot be printed.")
        return cell

    return read


def read_number(cell: str) -> Decimal:
    """A number with a point or a comma as decimal mark, and blanks or marks between thousands."""
    text = re.sub(r"[\s\u00a0\u202f'’]", "", cell)
    if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", text) or re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise Unreadable(f"“{cell}” is not a number.")
    return Decimal(text)


def _quantity(unit: str, most: int) -> Read:
    """A number in kW or kWh; a cell or a title that says W or Wh is divided by a thousand."""

    def read(cell: str, title_unit: str) -> Decimal | None:
        found = re.fullmatch(r"(.*?)\s*([a-zA-Z]*)", cell.strip())
        number, said = (found.group(1), found.group(2).casefold()) if found else (cell, "")
        said = said or title_unit
        if said not in ("", unit.casefold(), unit.casefold().removeprefix("k")):
            raise Unreadable(f"“{cell}” is not in {unit}.")
        value = read_number(number)
        if said and not said.startswith("k"):
            value /= 1000
        if not 0 <= value <= most:
            raise Unreadable(f"{value.normalize():f} {unit} is not between 0 and {most}.")
        return value.quantize(Decimal("0.01"))

    return read


def _percent(cell: str, unit: str) -> int:
    value = read_number(cell.rstrip("% \u00a0"))
    if value != value.to_integral_value() or not 1 <= value <= 100:
        raise Unreadable(f"“{cell}” is not a whole percentage from 1 to 100.")
    return int(value)


def _small_number(cell: str, unit: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", cell) or not 1 <= int(cell) <= 99:
        raise Unreadable(f"“{cell}” is not a number from 1 to 99.")
    return int(cell)


IDENTITY = re.compile(r"[!-~]{1,48}")


def read_identity(cell: str, unit: str = "") -> str:
    """A charger's name as it can stand in an address: 1 to 48 printable characters without blanks."""
    if not IDENTITY.fullmatch(cell):
        raise Unreadable(f"“{cell[:60]}” cannot be a charger's identity: 1 to 48 letters, digits and marks, no blanks.")
    return cell


def _vin(cell: str, unit: str) -> str:
    vin = re.sub(r"[\s-]", "", cell).upper()
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", vin):
        raise Unreadable(f"“{cell}” is not a VIN: 17 letters and digits, none of them I, O or Q.")
    return vin


PROTOCOLS = {"1.6": "ocpp1.6", "2.0": "ocpp2.0.1", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


def _protocol(cell: str, unit: str) -> str:
    digits = re.sub(r"[^0-9.]", "", cell).strip(".")
    if digits not in PROTOCOLS:
        raise Unreadable(f"“{cell}” is not a version that we speak: 1.6, 2.0.1 or 2.1.")
    return PROTOCOLS[digits]


def _one_of(meanings: dict[str, str]) -> Read:
    def read(cell: str, unit: str) -> str:
        meaning = meanings.get(plain(cell))
        if meaning is None:
            known = ", ".join(sorted({meaning.replace("_", " ") for meaning in meanings.values()}))
            raise Unreadable(f"“{cell}” is none of: {known}.")
        return meaning

    return read


def _bay_names(cell: str, unit: str) -> tuple[str, ...]:
    """One bay, or for a charger of several outlets one bay each, in their order: "D1 / D2"."""
    names = tuple(name.strip() for name in re.split(r"[/,;+|]", cell) if name.strip())
    if not names or any(len(name) > 40 for name in names):
        raise Unreadable(f"“{cell}” is no name of a bay.")
    if len(set(names)) < len(names):
        raise Unreadable(f"“{cell}” names a bay twice.")
    return names


DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def read_until(cell: str, unit: str = "") -> str:
    """A moment by the depot's clock, as "2026-12-31T18:30"; a day alone means to the end of that day."""
    return read_moment(cell, to_the_end=True)


def read_moment(cell: str, *, to_the_end: bool) -> str:
    """As `read_until`; a day alone means its end, or its beginning."""
    found = re.fullmatch(r"(\S+?)(?:[ T,]+([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?)?", cell.strip())
    if found is None:
        raise Unreadable(f"“{cell}” is not a day; write 2026-12-31.")
    day = _day(found.group(1), cell)
    if not 2000 <= day.year < 2200:
        raise Unreadable(f"“{cell}” is out of reach; leave it empty for “without end”.")
    if found.group(2) is None:
        return f"{day + timedelta(days=1) if to_the_end else day}T00:00"
    hour, minute = int(found.group(2)), int(found.group(3))
    if hour > 23 or minute > 59:
        raise Unreadable(f"“{cell}” is not a time of day.")
    return f"{day}T{hour:02}:{minute:02}"


def _day(text: str, cell: str) -> date:
    try:
        if found := DAY_FIRST.fullmatch(text):
            return date(int(found.group(3)), int(found.group(2)), int(found.group(1)))
        if found := SLASHED.fullmatch(text):
            first, second, year = (int(part) for part in found.groups())
            # 3/4/2026 is March here and April there; nobody's guess should lock out a driver.
            if first <= 12 and second <= 12 and first != second:
                raise Unreadable(f"“{cell}” can be read in two ways; write {year}-12-31 for the last of December.")
            day, month = (first, second) if first > 12 else (second, first)
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"“{cell}” is not a day; write 2026-12-31.") from error


ACCESS_WORDS = _one_of(
    {
        "known": "known", "knowntokens": "known", "knowncards": "known", "cards": "known", "bekannte": "known",
        "anyone": "anyone", "all": "anyone", "free": "anyone", "public": "anyone", "alle": "anyone",
        "ownvehicle": "own_vehicle", "own": "own_vehicle", "vehicle": "own_vehicle", "eigenesfahrzeug": "own_vehicle",
    }
)  # fmt: skip
STANDING_WORDS = _one_of(
    {
        "active": "active", "ok": "active", "yes": "active", "maycharge": "active", "aktiv": "active", "ja": "active",
        "true": "active", "1": "active", "x": "active", "false": "blocked", "0": "blocked",
        "blocked": "blocked", "no": "blocked", "inactive": "blocked", "gesperrt": "blocked", "nein": "blocked",
    }
)  # fmt: skip
BLOCKED_WORDS = _one_of(
    {
        "yes": "blocked", "ja": "blocked", "true": "blocked", "x": "blocked", "1": "blocked", "blocked": "blocked",
        "no": "active", "nein": "active", "false": "active", "0": "active", "active": "active",
    }
)  # fmt: skip

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.CHARGERS: (
        Column("identity", "Identity", (
            "identity", "id", "chargerid", "charger", "chargepoint", "chargepointid", "chargepointidentity", "cpid",
            "chargebox", "chargeboxid", "chargeboxidentity", "stationid", "station", "chargingstation",
            "chargingstationid", "ladepunkt", "ladepunktid", "ladesaule", "wallbox", "borne", "laadpaal", "ocppid",
        ), read_identity, is_key=True, example="CP-A07"),
        Column("name", "Name", ("name", "label", "description", "bezeichnung", "nom", "naam", "chargername"),
               _text(60), example="Gate, left"),
        Column("pinned_protocol", "OCPP version", (
            "ocpp", "ocppversion", "version", "protocol", "ocppprotocol", "protokoll", "protocole",
        ), _protocol, example="1.6"),
        Column("bays", "Bay", (
            "bay", "bays", "stall", "space", "parkingspace", "position", "spot", "stellplatz", "parkplatz", "place",
            "laadplek", "bayname",
        ), _bay_names, empty=(), example="A07"),
    ),
    Kind.BAYS: (
        Column("name", "Bay", (
            "bay", "name", "bayname", "stall", "space", "parkingspace", "spot", "position", "stellplatz", "parkplatz",
            "place", "laadplek", "label",
        ), _text(40), is_key=True, example="A07"),
        Column("depot", "Depot", ("depot", "site", "location", "yard", "standort", "betriebshof"), _text(80),
               example="Northgate"),
        Column("zone", "Zone", ("zone", "row", "area", "reihe", "bereich", "rangee"), _text(40), example="Row A"),
        Column("charger", "Charger", (
            "charger", "chargerid", "identity", "chargepoint", "chargepointid", "chargebox", "chargeboxid", "cpid",
            "station", "stationid", "ladepunkt", "wallbox",
        ), read_identity, example="CP-A07"),
        Column("evse", "EVSE", ("evse", "evseid", "outlet", "connector", "connectorid", "port", "plug", "evsenumber"),
               _small_number, empty=1, example="1"),
        Column("access", "Who may charge", ("access", "whomaycharge", "allowed", "zugang", "freigabe"), ACCESS_WORDS,
               empty="known", example="known"),
        Column("own_vehicle", "Own vehicle", (
            "ownvehicle", "vehicle", "unit", "unitnumber", "van", "fahrzeug", "assignedvehicle",
        ), _text(40), example="Van 131"),
    ),
    Kind.VEHICLES: (
        Column("unit_number", "Unit number", (
            "unitnumber", "unit", "unitno", "unitid", "vehicle", "vehicleid", "vehiclenumber", "vehicleno", "number",
            "name", "asset", "assetid", "assetnumber", "fleetnumber", "fleetid", "fleetno", "fahrzeug",
            "fahrzeugnummer", "wagennummer", "kennung", "van", "truck", "bus", "vehicule", "voertuig",
        ), _text(40), is_key=True, example="Van 131"),
        Column("depot", "Depot", ("depot", "site", "location", "home", "homedepot", "standort", "betriebshof"),
               _text(80), example="Northgate"),
        Column("vin", "VIN", (
            "vin", "vinnumber", "vehicleidentificationnumber", "chassis", "chassisnumber", "fin", "fahrgestellnummer",
        ), _vin, example="1FTBW9CK6RKA00131"),
        Column("cost_centre", "Cost centre", (
            "costcentre", "costcenter", "cc", "kostenstelle", "centredecout", "department", "kostenplaats",
        ), _text(40), example="4711"),
        Column("battery_kwh", "Battery, kWh", (
            "battery", "batterycapacity", "batterysize", "capacity", "usablebattery", "batterie", "batteriekapazitat",
            "kapazitat", "accu", "kwh", "usablecapacity",
        ), _quantity("kWh", 5000), empty=None, example="89"),
        Column("max_ac_kw", "Max AC, kW", (
            "maxac", "ac", "acmax", "accharging", "maxacpower", "acpower", "onboardcharger", "maxacrate",
        ), _quantity("kW", 1000), empty=None, example="11"),
        Column("max_dc_kw", "Max DC, kW", (
            "maxdc", "dc", "dcmax", "dccharging", "maxdcpower", "dcpower", "maxdcrate", "fastcharging",
        ), _quantity("kW", 5000), empty=None, example="150"),
        Column("target_soc_percent", "Charge to, %", (
            "target", "targetsoc", "chargeto", "soc", "soctarget", "ziel", "ladeziel", "limit", "chargelimit",
        ), _percent, empty=100, example="90"),
    ),
    Kind.TOKENS: (
        Column("value", "Card or token", (
            "token", "idtoken", "idtag", "tag", "card", "cardid", "cardnumber", "cardno", "rfid", "rfidtag", "uid",
            "karte", "kartennummer", "ladekarte", "badge", "carte", "pas", "value", "identifier",
        ), _text(255), is_key=True, example="04A2B3C4D5E680"),
        Column("type", "Type", ("type", "tokentype", "typ", "kind"), _text(20), example="ISO14443"),
        Column("vehicle", "Vehicle", (
            "vehicle", "unit", "unitnumber", "unitno", "van", "truck", "fahrzeug", "fahrzeugnummer", "asset",
            "vehiclenumber", "vehicleid",
        ), _text(40), example="Van 131"),
        Column("driver", "Driver", ("driver", "drivername", "holder", "user", "person", "employee", "fahrer", "name",
               "inhaber", "chauffeur", "mitarbeiter"), _text(80), example="R. Diaz"),
        Column("group", "Group", ("group", "parent", "parentid", "parentidtag", "groupid", "gruppe"), _text(36),
               example="night"),
        Column("expires_at", "Valid until", (
            "validuntil", "expires", "expiry", "expirydate", "expiresat", "until", "validto", "gultigbis", "ablauf",
            "expiration", "expirationdate",
        ), read_until, empty=None, example="2027-12-31"),
        Column("standing", "May charge", ("standing", "status", "state", "active", "maycharge", "aktiv"),
               STANDING_WORDS, empty="active", example="active"),
        # The same fact the other way round: here "yes" locks a driver out.
        Column("blocked", "Blocked", ("blocked", "locked", "isblocked", "gesperrt", "bloque"),
               BLOCKED_WORDS, empty="active", example="no"),
        Column("note", "Note", ("note", "notes", "remark", "comment", "bemerkung", "notiz"), _text(200), example=""),
    ),
}  # fmt: skip
