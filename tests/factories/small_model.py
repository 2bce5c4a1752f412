"""A small model that uses everything a model file may say, and its next version, for tests of the format."""

from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import read

SMALL = """
[model]
id = "small"
version = "1.0.0"
released = "2026-11-22"
unit = "kgCO2e/year"
title = { zh = "小模型", en = "Small model" }
intro = { zh = "几个问题。", en = "A few questions." }
boundary = { zh = "供暖与出行。", en = "Heating and travel." }
gwp = "AR6, 100 years"
gwp_note = { zh = "百年。", en = "Over 100 years." }

[category.home]
title = { zh = "住", en = "Home" }
[category.travel]
title = { zh = "行", en = "Travel" }

[mee.energy]
title = { zh = "能源", en = "Energy" }

[question.people]
kind = "number"
unit = "person"
unit_label = { zh = "人", en = "people" }
whole = true
express = true
section = "home"
title = { zh = "人数", en = "People" }
ask = { zh = "几口人？", en = "How many people?" }
hint = { zh = "算上自己。", en = "Count yourself." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
min = "1"
max = "20"
default = "2"
gsd2_default = "1.3"
measure = "stated"

[question.heating]
kind = "choice"
express = true
section = "home"
title = { zh = "供暖", en = "Heating" }
ask = { zh = "怎样取暖？", en = "How is it heated?" }
hint = { zh = "选一种。", en = "Choose one." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
default = "district"
gsd2_default = "1.5"
measure = "stated"
[question.heating.option]
district = { title = { zh = "集中供热", en = "District heating" } }
electric = { title = { zh = "电", en = "Electric" } }
none = { title = { zh = "不取暖", en = "None" } }

[question.area]
kind = "number"
unit = "m2"
unit_label = { zh = "平方米", en = "m²" }
when = ["heating != 'none'"]
section = "home"
title = { zh = "面积", en = "Area" }
ask = { zh = "面积多少？", en = "How large is it?" }
hint = { zh = "建筑面积。", en = "Floor area." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
min = "5"
max = "1000"
default = "people * area_each"
gsd2_default = "1.4"
measure = "area"

[question.has_car]
kind = "yes-no"
section = "travel"
title = { zh = "有车", en = "Car" }
ask = { zh = "有车吗？", en = "Do you have a car?" }
hint = { zh = "包括租的。", en = "Hired ones too." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
default = "no"
gsd2_default = "2"
measure = "stated"

[question.car_km]
kind = "number"
unit = "vkm/year"
unit_label = { zh = "公里", en = "km" }
when = ["has_car == 'yes'"]
section = "travel"
title = { zh = "里程", en = "Distance" }
ask = { zh = "开多远？", en = "How far do you drive?" }
hint = { zh = "一年。", en = "In a year." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
min = "0"
max = "200000"
default = "8000"
gsd2_default = "2"
lowest = "0"
measure = "stated"

[question.electric_part]
kind = "number"
unit = "1"
when = ["car_km > 0"]
section = "travel"
title = { zh = "电动里程占比", en = "Part driven on electricity" }
ask = { zh = "多少里程用电？", en = "How much of it on electricity?" }
hint = { zh = "0 到 1。", en = "From 0 to 1." }
unsure = { zh = "不清楚", en = "I don’t know" }
basis = { zh = "规划取值。", en = "Planning value." }
min = "0"
max = "1"
default = "0.1"
gsd2_default = "1.2"
measure = "stated"

[assumption.area_each]
value = "40"
unit = "m2/person"
title = { zh = "人均面积", en = "Area a person" }
why = { zh = "规划取值。", en = "Planning value." }
gsd2 = "1.2"
[assumption.heat_per_m2]
value = "0.5"
unit = "GJ/m2.year"
title = { zh = "单位热量", en = "Heat per m²" }
why = { zh = "规划取值。", en = "Planning value." }
gsd2 = "1.3"
[assumption.kwh_per_gj]
value = "277.778"
unit = "kWh/GJ"
title = { zh = "换算", en = "kWh in a GJ" }
why = { zh = "换算。", en = "Conversion." }
gsd2 = "1"
[assumption.kwh_per_km]
value = "0.15"
unit = "kWh/vkm"
title = { zh = "百公里电耗", en = "Electricity per km" }
why = { zh = "规划取值。", en = "Planning value." }
gsd2 = "1.2"

[quantity.heat]
unit = "GJ/year"
title = { zh = "热量", en = "Heat" }
expr = "area * heat_per_m2 if heating != 'none' else 0"
[quantity.heat.expert]
min = "0"
max = "1000"
measure = "meter"
section = "home"
ask = { zh = "热表读数是多少？", en = "What does the heat meter say?" }
hint = { zh = "一个采暖季。", en = "For one heating season." }
unit_label = { zh = "吉焦/年", en = "GJ a year" }
[quantity.driven]
unit = "vkm/year"
title = { zh = "开车里程", en = "Distance driven" }
expr = "car_km if has_car == 'yes' else 0"

[rule.heat_district]
expr = "heat * heat_factor if heating == 'district' else 0"
title = { zh = "集中供热", en = "District heating" }
category = "home"
scope = "3"
whose = "city"
mee = "energy"
rises_with = ["area"]
switched_by = ["heating"]
[rule.heat_electric]
expr = "heat * kwh_per_gj * grid if heating == 'electric' else 0"
title = { zh = "电采暖", en = "Electric heating" }
category = "home"
scope = "2"
whose = "yours"
mee = "energy"
rises_with = ["area"]
switched_by = ["heating"]
[rule.car]
expr = "driven * ((1 - electric_part) * car + electric_part * kwh_per_km * grid)"
title = { zh = "小汽车", en = "Car" }
category = "travel"
scope = "1"
whose = "yours"
mee = "energy"
rises_with = ["car_km"]
falls_with = ["electric_part"]
switched_by = ["has_car"]

[measure.per_person]
expr = "total / people"
unit = "kgCO2e/person.year"
title = { zh = "人均", en = "Per person" }
[measure.public]
expr = "people * public_each"
unit = "kgCO2e/year"
title = { zh = "公共服务", en = "Public services" }
shown = "apart"

[action.insulate]
title = { zh = "保温改造", en = "Insulate the home" }
when = ["heating != 'none'"]
becomes = { heat = "heat * 0.7" }
[action.sell_the_car]
title = { zh = "不开车", en = "Give up the car" }
when = ["has_car == 'yes'", "driven > 0"]
becomes = { has_car = "no" }

[factor.heat_factor]
key = "heat"
value = "110"
unit = "kgCO2/GJ"
title = { zh = "热力", en = "District heat" }
region = "CN"
year = "2023"
gases = "CO2"
uncertainty_pct = "10"
source = { title = "Guide 2023", url = "https://example.org/", row = "1" }
licence = "public"
confidence = "official"
quality = [1, 1, 1, 1, 1]
sane = ["50", "200"]
review_by = "2028-12-31"
[factor.grid]
key = "grid_cn_2023"
value = "0.5306"
unit = "kgCO2/kWh"
title = { zh = "全国电网", en = "National grid" }
region = "CN"
year = "2023"
gases = "CO2"
uncertainty_pct = "5"
source = { title = "Announcement 2025", url = "https://example.org/", row = "1" }
licence = "public"
confidence = "official"
quality = [1, 1, 1, 1, 1]
sane = ["0.05", "1.2"]
review_by = "2028-12-31"
[factor.car]
key = "car"
value = "0.2"
unit = "kgCO2e/vkm"
title = { zh = "汽油车", en = "Petrol car" }
region = "GB"
year = "2023"
gases = "CO2e"
uncertainty_pct = "10"
source = { title = "Factors 2023", url = "https://example.org/", row = "1" }
licence = "OGL"
confidence = "published"
quality = [2, 2, 2, 3, 2]
sane = ["0.1", "0.4"]
review_by = "2028-12-31"
[factor.public_each]
key = "public"
value = "500"
unit = "kgCO2e/person.year"
title = { zh = "公共服务", en = "Public services" }
region = "CN"
year = "2023"
gases = "CO2e"
uncertainty_pct = "30"
source = { title = "Study 2023", url = "https://example.org/", row = "1" }
licence = "public"
confidence = "secondary"
quality = [3, 3, 3, 3, 3]
sane = ["100", "2000"]
review_by = "2028-12-31"

[year.2022]
title = { zh = "2022 年", en = "2022" }
[year.2022.factor.grid]
value = "0.5366"
year = "2022"
[year.2021]
title = { zh = "2021 年", en = "2021" }
[year.2021.factor.grid]
value = "0.5568"
year = "2021"

[overlay.230000]
title = { zh = "黑龙江", en = "Heilongjiang" }
[overlay.230000.factor.grid]
value = "0.5229"
region = "CN-HL"
[overlay.230000.year.2022.factor.grid]
value = "0.5368"
year = "2022"
[overlay.230700]
title = { zh = "伊春", en = "Yichun" }
[overlay.230700.factor.heat_factor]
value = "105"
region = "CN-HL"
[overlay.540000]
title = { zh = "西藏", en = "Tibet" }

[audience.school]
title = { zh = "学校", en = "School" }
skip = ["has_car"]
[audience.school.question.people]
default = "40"
max = "5000"
ask = { zh = "学校有多少人？", en = "How many people are at the school?" }
[audience.school.factor.public_each]
value = "300"

[case.couple]
region = "230700"
answers = { people = "2", heating = "district", area = "80", has_car = "no" }
lines = { heat_district = "4200000", heat_electric = "0", car = "0" }
[case.metered]
region = "230000"
year = "2022"
answers = { heating = "electric", heat = "20", has_car = "yes", car_km = "10000", electric_part = "0.5" }
own = { car = "0.25" }
lines = { heat_district = "0", heat_electric = "2982225", car = "1652600" }
"""

# In the next version: heating by wood is new, distances are per week, the part on electricity is gone.
NEXT = (
    ('version = "1.0.0"', 'version = "1.1.0"'),
    ('value = "0.5229"\nregion', 'value = "0.5100"\nregion'),
    ('unit = "vkm/year"\nunit_label', 'unit = "vkm/week"\nunit_label'),
    ('max = "200000"\ndefault = "8000"', 'max = "4000"\ndefault = "150"'),
    ("[assumption.area_each]", '[assumption.weeks]\nvalue = "52"\nunit = "week/year"\n'
     'title = { zh = "周", en = "Weeks" }\nwhy = { zh = "换算。", en = "Conversion." }\ngsd2 = "1"\n'
     '[assumption.area_each]'),
    ('expr = "car_km if', 'expr = "car_km * weeks if'),
    ("[question.area]\n", "[question.floor]\n"),
    ('expr = "area * heat_per_m2', 'expr = "floor * heat_per_m2 * 1.1'),
    ('rises_with = ["area"]\nswitched_by = ["heating"]\n[rule.heat_electric]',
     'rises_with = ["floor"]\nswitched_by = ["heating"]\n[rule.heat_electric]'),
    ('rises_with = ["area"]', 'rises_with = ["floor"]'),
)  # fmt: skip
MIGRATION = {
    "from": "1.0.0",
    "people": {"keep": True},
    "heating": {"options": {"to": "heating", "map": {key: key for key in ("district", "electric", "none")}}},
    "area": {"rename": "floor"},
    "has_car": {"keep": True},
    "car_km": {"transform": {"to": "car_km", "expr": "old / weeks"}},
    "electric_part": {"drop": {"zh": "不再询问。", "en": "No longer asked."}},
    "heat": {"keep": True},
}  # fmt: skip


def small(*changes: tuple[str, str], audience: str = "") -> Model:
    """The small model with texts replaced, each once."""
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read(text.encode(), audience)


def small_next() -> Model:
    return small(*NEXT)
