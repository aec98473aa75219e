"""python -m tests.certification [--write]: the list of published cases with their tests."""

import sys
from datetime import UTC, datetime

from tests.certification import document
from tests.certification.cases import read_proofs

if "--write" in sys.argv[1:]:
    document.write()
else:
    sys.stdout.write(document.as_document(datetime.now(UTC).date(), read_proofs()))
