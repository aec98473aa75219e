"""Who may do what at which address: one row for each route and method. A route without its rows fails the tests.

To add a page: find its group beside this file and add, for each method that it answers,

    page("GET", "chargers/<int:charger_id>/", EVERYONE),
    page("POST", "chargers/<int:charger_id>/reset/", ENGINEERS),

The route is spelled as in `urls.py`, with what includes it in front. What stands in its parameters is looked up in
`tests/access/sample.py`. Whoever is not named is refused; people who are not signed in are sent to sign in.
"""

from tests.access.routes.access import ACCESS
from tests.access.routes.api import API
from tests.access.routes.api_chargers import API_CHARGERS
from tests.access.routes.board import BOARD
from tests.access.routes.demo import DEMO
from tests.access.routes.devices import DEVICES
from tests.access.routes.energy import ENERGY
from tests.access.routes.yard import YARD

ROWS = ACCESS + API + API_CHARGERS + BOARD + DEVICES + YARD + ENERGY + DEMO

# Answers every other address under /api/, in every method and to everybody, with "404 Not found".
NO_ROUTE = {"api/^.*$"}
