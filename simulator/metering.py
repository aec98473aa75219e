"""What a meter shows at a moment, and what of it a charger tells."""

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.clock import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    at: Moment
    register_wh: int
    export_wh: int | None = None  # None: the meter has no such register
    power_w: float
    offered_w: float
    voltage_v: float
    phases: int
    is_dc: bool
    soc: float | None
    context: str = "Sample.Periodic"

    @property
    def current_a(self) -> float:
        """Per phase."""
        return max(0.0, self.power_w) / self.voltage_v / self.phases

    @property
    def offered_a(self) -> float:
        return self.offered_w / self.voltage_v / self.phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measured value, before a version puts it into its words."""

    measurand: str
    value: float
    unit: str
    phase: str = ""
    location: str = "Outlet"


def take_samples(reading: Reading, measurands: Iterable[str], *, tells_dc_side: bool = False) -> list[Sample]:
    """The samples for the measurands that this meter has; the others are left out, as real meters do."""
    inlet = "Inlet" if tells_dc_side else "Outlet"
    samples: list[Sample] = []
    for name in measurands:
        if name == "Energy.Active.Import.Register":
            samples.append(Sample(measurand=name, value=reading.register_wh, unit="Wh"))
        elif name == "Power.Active.Import":
            samples.append(Sample(measurand=name, value=round(max(0.0, reading.power_w), 1), unit="W"))
        elif name == "Power.Offered":
            samples.append(Sample(measurand=name, value=round(reading.offered_w, 1), unit="W"))
        elif name == "Current.Offered":
            samples.append(Sample(measurand=name, value=round(reading.offered_a, 1), unit="A", location=inlet))
        elif name == "Current.Import":
            samples += _per_phase(reading, name, round(reading.current_a, 2), "A")
        elif name == "Voltage":
            samples += _per_phase(reading, name, round(reading.voltage_v, 1), "V")
        elif name == "SoC" and reading.is_dc and reading.soc is not None:
            # Over AC a vehicle does not tell its state of charge.
            samples.append(Sample(measurand=name, value=round(reading.soc * 100), unit="Percent", location="EV"))
        elif name == "Frequency" and not reading.is_dc:
            samples.append(Sample(measurand=name, value=60.0, unit="Hz"))
        elif name == "Temperature":
            samples.append(Sample(measurand=name, value=31.0, unit="Celsius", location="Body"))
    return samples + _way_out(reading)


def _way_out(reading: Reading) -> list[Sample]:
    """What flows back has a register and a power of its own, told whenever the vehicle could give."""
    if reading.export_wh is None:
        return []
    given_w = round(max(0.0, -reading.power_w), 1)
    return [
        Sample(measurand="Energy.Active.Export.Register", value=reading.export_wh, unit="Wh"),
        Sample(measurand="Power.Active.Export", value=given_w, unit="W"),
    ]


def _per_phase(reading: Reading, name: str, value: float, unit: str) -> list[Sample]:
    if reading.is_dc or reading.phases == 1:
        return [Sample(measurand=name, value=value, unit=unit)]
    neutral = "-N" if name == "Voltage" else ""
    return [
        Sample(measurand=name, value=value, unit=unit, phase=f"L{number}{neutral}")
        for number in range(1, reading.phases + 1)
    ]


def write_value(value: float) -> str:
    """As 1.6 wants it: a text, without an exponent and without a needless fraction."""
    return str(int(value)) if value == int(value) else f"{value:.3f}".rstrip("0")


def write_number(value: float) -> int | float:
    return int(value) if value == int(value) else value
