"""The planner is being built and joined to nothing yet. One of its laws is known not to hold on every instance
(a plan that is installed is planned again and nobody is told), so the searching tests run on request: DEPOT_DEEP=1.
"""

import os

collect_ignore = [] if os.environ.get("DEPOT_DEEP") else ["test_planner_laws.py", "test_reasons_many.py"]
