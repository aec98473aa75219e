"""What a read table means in this yard: which rows are known already, what names stand for, and how a row is kept."""

from depot.yard.columns import Kind
from depot.yard.importing.base import Importer, Setting
from depot.yard.importing.bays import BayImporter
from depot.yard.importing.chargers import ChargerImporter
from depot.yard.importing.tokens import TokenImporter
from depot.yard.importing.vehicles import VehicleImporter

IMPORTERS: dict[Kind, type[Importer]] = {
    Kind.CHARGERS: ChargerImporter,
    Kind.BAYS: BayImporter,
    Kind.VEHICLES: VehicleImporter,
    Kind.TOKENS: TokenImporter,
}

__all__ = ["IMPORTERS", "Importer", "Setting"]
