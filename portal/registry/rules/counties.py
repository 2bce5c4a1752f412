"""Names of the city's counties, districts and county-level city by their six-digit codes.

Source: GB/T 2260 with the changes the State Council approved for Yichun in 2019.
"""

from collections.abc import Mapping
from typing import Final

from portal.kernel.bilingual import Bilingual

COUNTIES: Final[Mapping[str, Bilingual]] = {
    "230717": Bilingual("伊美区", "Yimei District"),
    "230718": Bilingual("乌翠区", "Wucui District"),
    "230719": Bilingual("友好区", "Youhao District"),
    "230722": Bilingual("嘉荫县", "Jiayin County"),
    "230723": Bilingual("汤旺县", "Tangwang County"),
    "230724": Bilingual("丰林县", "Fenglin County"),
    "230725": Bilingual("大箐山县", "Daqingshan County"),
    "230726": Bilingual("南岔县", "Nancha County"),
    "230751": Bilingual("金林区", "Jinlin District"),
    "230781": Bilingual("铁力市", "Tieli City"),
}
CITY: Final = "230700"


def county_name(code: str) -> Bilingual:
    """The county's name, or the city's; of another place its code, which is said in both languages alike."""
    if code == CITY:
        return Bilingual("伊春市", "Yichun City")
    return COUNTIES.get(code, Bilingual(code, code))
