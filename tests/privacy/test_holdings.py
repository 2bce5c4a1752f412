"""No column about people is forgotten: each is in the copy of one's data, or it is said why it is not."""

import re
import tomllib
from importlib.resources import files

from sqlalchemy import Column, MetaData, Table, Text

from portal.db import Base
from portal.privacy.packing import explanations
from portal.privacy.queries.subjects import holdings
from portal.privacy.rules.erasure import outcomes
from portal.privacy.rules.purposes import purposes
from portal.privacy.rules.retention import periods
from portal.proposals import models as _proposals  # noqa: F401  # no room above it is asked here

# Names of columns that can hold, or lead to, a person.
_ABOUT_PEOPLE = re.compile(
    r"(^|_)(person|email|name|names|actor|owner|party|giver|recipient|buyer|trainer|learner|enrolment|agent"
    r"|network|address|phone|tax|holder|browser|author|payload|contact|bank|staff)(_|$)"
    r"|_by$|^by$|^(title|message|dedication|motive|words|text|note|body|answer|answers|organiser|label)$"
)


def declared_elsewhere() -> dict[str, str]:
    """``table.column`` → why it is not in the copy, from ``data/not_given.toml``."""
    data = tomllib.loads((files("portal.privacy") / "data" / "not_given.toml").read_text("utf-8"))
    return {column: reason["because"] for reason in data["reason"] for column in reason["columns"]}


def about_people(metadata: MetaData) -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if _ABOUT_PEOPLE.search(column.name)
    }


def undeclared(metadata: MetaData) -> set[str]:
    held = {f"{each.table.name}.{column.name}" for _, each in holdings() for column in each.table.columns}
    return about_people(metadata) - held - set(declared_elsewhere())


def test_every_column_about_people_is_given_back_or_accounted_for():
    assert undeclared(Base.metadata) == set()


def test_a_new_column_about_people_is_noticed():
    """The control."""
    metadata = MetaData()
    Table("visitor", metadata, Column("id", Text), Column("email", Text), Column("shoe_size", Text))
    assert undeclared(metadata) == {"visitor.email"}


def test_what_is_accounted_for_is_there_and_nowhere_else():
    there = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    held = {each.table.name for _, each in holdings()}
    assert set(declared_elsewhere()) <= there
    assert {column for column in declared_elsewhere() if column.split(".")[0] in held} == set()


def test_every_table_of_the_copy_has_one_fate_and_an_explanation():
    tables = sorted(each.table.name for _, each in holdings())
    assert sorted(table for each in outcomes() for table in each.tables) == tables
    assert sorted(explanations()) == tables
    assert all(words.is_complete for words in explanations().values())


def test_what_is_withheld_is_a_column_that_is_there():
    for _, each in holdings():
        assert set(each.withheld) <= set(each.table.columns.keys()), each.table.name


def test_periods_name_tables_and_columns_that_are_there():
    for period in periods():
        table = Base.metadata.tables[period.table]
        aged = Base.metadata.tables[period.through.table] if period.through else table
        assert {period.age, *period.when} <= set(aged.columns.keys()), period.id
        assert {*period.unset, *period.emptied} <= set(table.columns.keys()), period.id
        for needed in period.stands:
            other, column = needed.split(".")
            assert column in Base.metadata.tables[other].columns, needed


def test_purposes_are_told_in_both_languages_and_consents_have_words():
    ids = [each.id for each in purposes()]
    assert len(ids) == len(set(ids))
    assert [each.id for each in purposes() if each.asks] == [
        "public_name",
        "follow_up",
        "class_follow_up",
        "pupils",
    ]
    assert all(len(each.texts[0].sha256) == 64 for each in purposes() if each.asks)
