"""The grid calls: a cap by REST goes to a charger over its socket, is kept, shows its effect, and is lifted again."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from depot import duties
from depot.access.models import Role, Scope
from depot.energy.tasks import replan_depot
from tests.access.actors import browser_of, person, program
from tests.energy.rows import make_circuit, make_need, make_tariff, wire
from tests.flows.scene import PASSWORD, Scene, plug_in
from tests.live import LiveDepot
from tests.polling import until
from tests.simulator.yards import make_yard, running

pytestmark = pytest.mark.django_db(transaction=True)

FULL_W, CAP_W = 7_360, 4_000


def lay_cables(scene: Scene) -> None:
    wire(scene.evse, make_circuit(scene.depot, limit_w=10_000), rating_w=FULL_W, lines="1")
    make_tariff(scene.depot)
    now = datetime.now(UTC)
    make_need(scene.depot, vehicle=scene.van, told_at=now, holds_until=now + timedelta(days=2), energy_wh=200_000)


def cap_by_rest(scene: Scene) -> int:
    now = datetime.now(UTC)
    body = {
        "depot": scene.depot.pk, "limit_w": CAP_W, "starts_at": now.isoformat(), "note": "event 17",
        "ends_at": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    told = program(Scope.OPERATE).post("/api/v1/grid-caps/", body, format="json")
    assert told.status_code == 201, told.content
    return int(told.json()["id"])


async def test_a_cap_of_the_grid_is_kept_by_a_charger_shown_and_lifted(
    live_depot: LiveDepot, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replan_depot, "delay", replan_depot)
    await sync_to_async(lay_cables)(scene)
    tick = sync_to_async(duties.do_what_is_due)
    dispatcher = await sync_to_async(lambda: browser_of(person(Role.DISPATCHER)))()

    async with running(
        make_yard("1.6", identity="CP-A01", password=PASSWORD),
        f"{live_depot.socket_url}/ocpp/", moment=time.time(), rate=1.0, pace=1.0,
    ) as runner:  # fmt: skip
        outlet = (await plug_in(runner)).evses[0]

        async def draws(least_w: float, most_w: float) -> bool:
            await tick(datetime.now(UTC))
            return outlet.limit_w is not None and least_w <= outlet.power_w <= most_w

        await until(lambda: draws(FULL_W - 100, FULL_W))

        cap_id = await sync_to_async(cap_by_rest)(scene)
        await until(lambda: draws(CAP_W - 250, CAP_W))

        page = (await sync_to_async(dispatcher.get)("/energy/caps/")).content.decode()
        assert "Holds now" in page
        assert "at most 4.0 kW in the window; without the cap 7.4 kW" in page.replace("\N{NO-BREAK SPACE}", " ")
        assert "Van 12" in page

        await sync_to_async(dispatcher.post)(f"/energy/caps/{cap_id}/lift/")
        assert "Lifted" in (await sync_to_async(dispatcher.get)("/energy/caps/")).content.decode()
