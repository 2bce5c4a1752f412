"""What the register holds about a person: accounts of units in their name. The log never names anybody."""

from portal.holdings import Holding, of_person
from portal.registry.models import Account

HOLDINGS = (Holding(Account, of_person(Account.party_id)),)
