"""A verification names the monitoring report that it confirms, and confirms no more than that."""

from datetime import date, timedelta

import pytest

from portal.db import db
from portal.kernel.mass import Mass
from portal.registry.queries import accounts as desk
from portal.registry.queries import monitoring as read
from portal.registry.queries import register
from portal.registry.rules.accounts import (
    MoreThanReported,
    NothingMeasured,
    PeriodNotReported,
    ReportMended,
    VerificationKind,
)
from portal.registry.rules.estimation.errors import UnknownReport
from tests.factories import monitoring as made

pytestmark = pytest.mark.usefixtures("any_app")
CODE = "HLYC-0007"


def test_a_verification_leads_to_what_was_measured():
    number = made.make_two_inventories_and_a_report(CODE)
    record = made.confirm_the_report(CODE, number)
    db.session.rollback()
    assert desk.verification(record).monitoring_report == number
    (shown,) = register.verifications(register.project(CODE).id)
    assert (shown.project_code, shown.monitoring_report) == (CODE, number)


def test_a_verification_without_a_report_says_so():
    made.make_project(CODE)
    day = date(2024, 1, 1)
    made.make_two_inventories_and_a_report("HLYC-0008")
    with pytest.raises(UnknownReport):  # of another project
        made.confirm_the_report("HLYC-0008", monitoring_report=2)
    record = made.confirm_the_report("HLYC-0008", monitoring_report=None, period_start=day)
    assert desk.verification(record).monitoring_report is None


def test_no_more_is_confirmed_than_was_found_nor_of_another_time():
    made.make_two_inventories_and_a_report(CODE)
    report = read.report(CODE, 1)
    with pytest.raises(MoreThanReported) as refused:
        made.confirm_the_report(CODE, verified=report.net + Mass(1))
    assert refused.value.params == {"net": report.net}
    for wrong in (
        {"period_start": report.period_start - timedelta(days=1)},
        {"period_end": report.period_end + timedelta(days=1)},
    ):
        with pytest.raises(PeriodNotReported):
            made.confirm_the_report(CODE, **wrong)
    with pytest.raises(NothingMeasured):
        made.confirm_the_report(CODE, kind=VerificationKind.VALIDATION, buffer=Mass(0))
    assert desk.verifications() == []


def test_a_report_that_was_mended_is_not_confirmed():
    number = made.make_two_inventories_and_a_report(CODE)
    report = read.report(CODE, number)
    draft = made.report_draft(report.first_id, report.second_id, CODE, corrects=number)
    mended = made.make_report(draft)
    with pytest.raises(ReportMended) as refused:
        made.confirm_the_report(CODE, number)
    assert refused.value.params == {"number": mended}
    assert made.confirm_the_report(CODE, mended)
