"""PURE: the columns that an import knows, and how people title them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from depot.yard.cells import (
    ACCESS_WORDS,
    BLOCKED_WORDS,
    LANGUAGE_WORDS,
    STANDING_WORDS,
    YES_WORDS,
    Read,
    plain,
    quantity,
    read_amount,
    read_bay_names,
    read_identity,
    read_percent,
    read_protocol,
    read_since,
    read_small_number,
    read_until,
    read_vin,
    text_up_to,
    whole,
)


class Kind(StrEnum):
    CHARGERS = "chargers"
    BAYS = "bays"
    VEHICLES = "vehicles"
    TOKENS = "tokens"


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


def unit_of(title: str) -> str:
    """The unit that a title names: W and Wh where it says so; otherwise the usual one, ""."""
    found = re.search(r"(?:[(\[]\s*|\bin\s+|_)(k?wh?)\b\s*[)\]]?", title, re.IGNORECASE)
    return found.group(1).casefold() if found else ""


def recognise(kind: Kind, title: str) -> Column | None:
    name = plain(title)
    return next((column for column in COLUMNS[kind] if name and name in column.spellings), None)


COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.CHARGERS: (
        Column("identity", "Identity", (
            "identity", "id", "chargerid", "charger", "chargepoint", "chargepointid", "chargepointidentity", "cpid",
            "chargebox", "chargeboxid", "chargeboxidentity", "stationid", "station", "chargingstation",
            "chargingstationid", "ladepunkt", "ladepunktid", "ladesaule", "wallbox", "borne", "laadpaal", "ocppid",
        ), read_identity, is_key=True, example="CP-A07"),
        Column("name", "Name", ("name", "label", "description", "bezeichnung", "nom", "naam", "chargername"),
               text_up_to(60), example="Gate, left"),
        Column("pinned_protocol", "OCPP version", (
            "ocpp", "ocppversion", "version", "protocol", "ocppprotocol", "protokoll", "protocole",
        ), read_protocol, example="1.6"),
        Column("bays", "Bay", (
            "bay", "bays", "stall", "space", "parkingspace", "position", "spot", "stellplatz", "parkplatz", "place",
            "laadplek", "bayname",
        ), read_bay_names, empty=(), example="A07"),
    ),
    Kind.BAYS: (
        Column("name", "Bay", (
            "bay", "name", "bayname", "stall", "space", "parkingspace", "spot", "position", "stellplatz", "parkplatz",
            "place", "laadplek", "label",
        ), text_up_to(40), is_key=True, example="A07"),
        Column("depot", "Depot", ("depot", "site", "location", "yard", "standort", "betriebshof"), text_up_to(80),
               example="Northgate"),
        Column("zone", "Zone", ("zone", "row", "area", "reihe", "bereich", "rangee"), text_up_to(40), example="Row A"),
        Column("charger", "Charger", (
            "charger", "chargerid", "identity", "chargepoint", "chargepointid", "chargebox", "chargeboxid", "cpid",
            "station", "stationid", "ladepunkt", "wallbox",
        ), read_identity, example="CP-A07"),
        Column("evse", "EVSE", ("evse", "evseid", "outlet", "connector", "connectorid", "port", "plug", "evsenumber"),
               read_small_number, empty=1, example="1"),
        Column("access", "Who may charge", ("access", "whomaycharge", "allowed", "zugang", "freigabe"), ACCESS_WORDS,
               empty="known", example="known"),
        Column("own_vehicle", "Own vehicle", (
            "ownvehicle", "vehicle", "unit", "unitnumber", "van", "fahrzeug", "assignedvehicle",
        ), text_up_to(40), example="Van 131"),
    ),
    Kind.VEHICLES: (
        Column("unit_number", "Unit number", (
            "unitnumber", "unit", "unitno", "unitid", "vehicle", "vehicleid", "vehiclenumber", "vehicleno", "number",
            "name", "asset", "assetid", "assetnumber", "fleetnumber", "fleetid", "fleetno", "fahrzeug",
            "fahrzeugnummer", "wagennummer", "kennung", "van", "truck", "bus", "vehicule", "voertuig",
        ), text_up_to(40), is_key=True, example="Van 131"),
        Column("depot", "Depot", ("depot", "site", "location", "home", "homedepot", "standort", "betriebshof"),
               text_up_to(80), example="Northgate"),
        Column("vin", "VIN", (
            "vin", "vinnumber", "vehicleidentificationnumber", "chassis", "chassisnumber", "fin", "fahrgestellnummer",
        ), read_vin, example="1FTBW9CK6RKA00131"),
        Column("cost_centre", "Cost centre", (
            "costcentre", "costcenter", "cc", "kostenstelle", "centredecout", "department", "kostenplaats",
        ), text_up_to(40), example="4711"),
        Column("battery_kwh", "Battery, kWh", (
            "battery", "batterycapacity", "batterysize", "capacity", "usablebattery", "batterie", "batteriekapazitat",
            "kapazitat", "accu", "kwh", "usablecapacity",
        ), quantity("kWh", 5000), empty=None, example="89"),
        Column("max_ac_kw", "Max AC, kW", (
            "maxac", "ac", "acmax", "accharging", "maxacpower", "acpower", "onboardcharger", "maxacrate",
        ), quantity("kW", 1000), empty=None, example="11"),
        Column("max_dc_kw", "Max DC, kW", (
            "maxdc", "dc", "dcmax", "dccharging", "maxdcpower", "dcpower", "maxdcrate", "fastcharging",
        ), quantity("kW", 5000), empty=None, example="150"),
        Column("target_soc_percent", "Charge to, %", (
            "target", "targetsoc", "chargeto", "soc", "soctarget", "ziel", "ladeziel", "limit", "chargelimit",
        ), read_percent, empty=100, example="90"),
    ),
    Kind.TOKENS: (
        Column("value", "Card or token", (
            "token", "idtoken", "idtag", "tag", "card", "cardid", "cardnumber", "cardno", "rfid", "rfidtag", "uid",
            "karte", "kartennummer", "ladekarte", "badge", "carte", "pas", "value", "identifier",
        ), text_up_to(255), is_key=True, example="04A2B3C4D5E680"),
        Column("type", "Type", ("type", "tokentype", "typ", "kind"), text_up_to(20), example="ISO14443"),
        Column("vehicle", "Vehicle", (
            "vehicle", "unit", "unitnumber", "unitno", "van", "truck", "fahrzeug", "fahrzeugnummer", "asset",
            "vehiclenumber", "vehicleid",
        ), text_up_to(40), example="Van 131"),
        Column("driver", "Driver", ("driver", "drivername", "holder", "user", "person", "employee", "fahrer", "name",
               "inhaber", "chauffeur", "mitarbeiter"), text_up_to(80), example="R. Diaz"),
        Column("group", "Group", ("group", "parent", "parentid", "parentidtag", "groupid", "gruppe"), text_up_to(36),
               example="night"),
        Column("group_max_concurrent", "Its group charges at a time", (
            "itsgroupchargesatatime", "groupchargesatatime", "groupmaxconcurrent", "groupconcurrent", "grouplimit",
            "gruppegleichzeitig", "gruppengrenze",
        ), whole(1, 32_767), empty=None, example="4"),
        Column("expires_at", "Valid until", (
            "validuntil", "expires", "expiry", "expirydate", "expiresat", "until", "validto", "gultigbis", "ablauf",
            "expiration", "expirationdate",
        ), read_until, empty=None, example="2027-12-31"),
        Column("standing", "May charge", ("standing", "status", "state", "active", "maycharge", "aktiv"),
               STANDING_WORDS, empty="active", example="active"),
        # The same fact the other way round: here "yes" locks a driver out.
        Column("blocked", "Blocked", ("blocked", "locked", "isblocked", "gesperrt", "bloque"),
               BLOCKED_WORDS, empty="active", example="no"),
        Column("valid_from", "Valid from", ("validfrom", "from", "startdate", "begins", "gultigab", "gultigvon"),
               read_since, empty=None, example="2026-01-01"),
        Column("max_concurrent", "Charges at a time", (
            "chargesatatime", "maxconcurrent", "concurrent", "concurrentuse", "simultaneous", "atatime", "gleichzeitig",
        ), whole(1, 32_767), empty=None, example="1"),
        Column("bays", "Only at bays", (
            "onlyatbays", "bays", "bay", "allowedbays", "evses", "allowedevses", "places", "stellplatze", "onlyat",
        ), read_bay_names, empty=(), example="A07 / A08"),
        Column("limit_kwh", "A charge takes at most, kWh", (
            "achargetakesatmost", "energylimit", "maxenergy", "limitenergy", "energiegrenze",
        ), quantity("kWh", 100_000), empty=None, example="40"),
        Column("limit_minutes", "A charge lasts at most, minutes", (
            "achargelastsatmostminutes", "timelimit", "maxminutes", "limitminutes", "maxtime", "maxduration",
            "zeitgrenze",
        ), whole(1, 100_000), empty=None, example="240"),
        Column("limit_cost", "A charge costs at most", (
            "achargecostsatmost", "costlimit", "maxcost", "limitcost", "kostengrenze",
        ), read_amount, empty=None, example="15.00"),
        Column("limit_soc_percent", "Charges up to, %", (
            "chargesupto", "soclimit", "maxsoc", "limitsoc", "chargelimit", "ladegrenze",
        ), read_percent, empty=None, example="80"),
        Column("credit", "Credit", ("credit", "prepaid", "balance", "prepaidbalance", "guthaben", "saldo", "tegoed"),
               read_amount, empty=None, example="25.00"),
        Column("charging_priority", "Priority", ("priority", "chargingpriority", "prioritat", "prioriteit"),
               whole(-9, 9), empty=None, example="2"),
        Column("is_master_pass", "Master pass", ("masterpass", "master", "ismasterpass"), YES_WORDS, empty="no",
               example="no"),
        Column("language", "Language", ("language", "lang", "sprache", "langue", "taal"), LANGUAGE_WORDS,
               example="de"),
        Column("note", "Note", ("note", "notes", "remark", "comment", "bemerkung", "notiz"), text_up_to(200)),
    ),
}  # fmt: skip
