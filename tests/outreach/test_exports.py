"""Files for a CRM: by templates, which a user may add to."""

import csv
import io
from datetime import date

import pydantic
import pytest

from holdfast.config import load_config
from holdfast.errors import SettingError
from holdfast.outreach.exports import export
from holdfast.outreach.files import render_files
from holdfast.outreach.templates import Template, choose_templates


@pytest.fixture(scope="module")
def listed(build):
    at_risk = build(
        [
            {
                "customer_id": "007",
                "name": 'Ana "A", Ltd',
                "renewal_date": date(2026, 9, 3),
                "spend_per_day": 9,
            },
            {"customer_id": "+8", "name": "=1+1", "churn_probability": 0.25},
        ]
    )
    return at_risk.listed.assign(run_id="run-1")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_fields_are_filled_as_the_template_says(listed):
    template = Template(
        file="crm.csv",
        fields={
            "Id": "{customer_id}", "Risk": "{risk_tier}", "Share": "{churn_probability:.0%}",
            "Money": "{value_at_risk}", "Renews": "{renewal_date:%m/%d/%Y}", "Day": "{as_of}",
            "Text": "{reason_2}{name}", "Status": "Open",
        },
        words={"risk_tier": {"high": "High"}},
    )  # fmt: skip
    assert rows(export(listed, template)) == [
        {"Id": "007", "Risk": "High", "Share": "50%", "Money": "450.00", "Renews": "09/03/2026",
         "Day": "2026-08-01", "Text": 'Ana "A", Ltd', "Status": "Open"},
        {"Id": "'+8", "Risk": "medium", "Share": "25%", "Money": "250.00", "Renews": "",
         "Day": "2026-08-01", "Text": "'=1+1", "Status": "Open"},
    ]  # fmt: skip


def test_crms_want_no_mark_and_line_feeds(listed):
    content = export(listed, Template(file="crm.csv", fields={"Id": "{customer_id}"}))
    assert content == b"Id\n007\n'+8\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fields": {"Id": "{customer}"}}, "did you mean 'customer_id'"),
        ({"fields": {"Id": "{}"}}, "no column ''"),
        ({"fields": {"Id": "{name.upper}"}}, "no column 'name.upper'"),
        ({"fields": {"Id": "{name!r}"}}, "only a format"),
        ({"fields": {"Id": "{rank:{rank}}"}}, "only a format"),
        ({"fields": {"Id": "{name:%Y}"}}, "Id: "),
        ({"fields": {"Id": "{name"}}, "Id: "),
        ({"fields": {}}, "at least 1"),
        ({"file": "at_risk.csv"}, "another name"),
        ({"file": "../x.csv"}, "pattern"),
        ({"words": {"tier": {"high": "High"}}}, "no column 'tier'"),
    ],
)
def test_a_wrong_template_is_a_clear_error(change, told):
    with pytest.raises(pydantic.ValidationError, match=told):
        Template.model_validate({"file": "crm.csv", "fields": {"Id": "{customer_id}"}} | change)


def test_templates_are_chosen_by_name():
    one = Template(file="a.csv", fields={"Id": "{customer_id}"})
    assert choose_templates({"a": one, "b": one}, ["b"]) == {"b": one}
    with pytest.raises(ValueError, match="did you mean 'hubspot'"):
        choose_templates({"hubspot": one}, ["hubspott"])
    with pytest.raises(ValueError, match=r"two templates write a\.csv"):
        choose_templates({"a": one, "b": one}, ["a", "b"])


def test_what_comes_with_holdfast_can_be_imported(build, page):
    templates = load_config(["outreach.export=[salesforce,hubspot,zoho]"]).exports
    at_risk = build([{"customer_id": "007", "renewal_date": date(2026, 9, 3)}])
    files = render_files(at_risk, page, run_id="run-1", templates=templates)
    found = {name: rows(files[template.file])[0] for name, template in templates.items()}
    assert found["salesforce"]["Contact:Who.Customer_Id__c"] == "007"
    assert found["salesforce"]["Priority"] == "High"
    assert found["salesforce"]["ActivityDate"] == found["hubspot"]["churn_list_date"] == "2026-08-01"
    assert found["hubspot"]["customer_id"] == found["zoho"]["Customer ID"] == "007"
    assert found["hubspot"]["churn_probability"] == "0.500000"
    assert (found["zoho"]["List Date"], found["zoho"]["Renewal Date"]) == ("08/01/2026", "09/03/2026")


def test_a_crm_of_ones_own_is_one_more_file(tmp_path):
    folder = tmp_path / "outreach" / "exports"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text('file: ours.csv\nfields: {Id: "{customer_id}"}\n', encoding="utf-8")
    assert load_config(["outreach.export=[ours]"], tmp_path).exports["ours"].file == "ours.csv"
    with pytest.raises(SettingError, match="there is no template 'ours'"):
        load_config(["outreach.export=[ours]"])
