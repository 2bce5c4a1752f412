"""Three questions about a credential that somebody hands in, answered apart: who signed it, whether it is
within its dates, whether it was withdrawn. Ours or another issuer's.

Nothing is fetched. The key of an issuer is known where the issuer is this portal, where it stands in its
own name (``keys``), and where its file was handed in as well; of others it is said where their key would be
found, and so of their lists of what was withdrawn. What rests on a file that was handed in is answered so,
and not with a plain yes. What a stranger wrote is measured before it is worked on: 64 kB (a list: 1 MB), a
thousand members, twelve levels, and as many orders of blank nodes as ``canonical`` allows.
"""

from portal.certificates.rules.inspection.dates import period
from portal.certificates.rules.inspection.handed import (
    Answer,
    Beside,
    Finding,
    Handed,
    read,
    read_list,
)
from portal.certificates.rules.inspection.signatures import address_of, signature
from portal.certificates.rules.inspection.statuses import status

__all__ = [
    "Answer", "Beside", "Finding", "Handed", "address_of", "period", "read", "read_list", "signature",
    "status",
]  # fmt: skip
