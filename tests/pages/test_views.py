"""The list's page in a real browser: rows a screen, filters in the address, contact details, win-back."""

import re

import pandas as pd
import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_screen_shows_at_least_twelve_customers(opened):
    page = opened(60, width=1440)
    tops = (
        "[...document.querySelectorAll('#list > tbody > tr')].map(row => row.getBoundingClientRect().bottom)"
    )
    assert sum(bottom <= 900 for bottom in page.evaluate(tops)) >= 12


def test_numbers_are_aligned_at_their_end_with_their_headings(opened):
    page = opened(3, width=1440)
    cells = "[...document.querySelectorAll('#list .number, #list th.number button')]"
    assert set(page.evaluate(f"{cells}.map(cell => getComputedStyle(cell).textAlign)")) == {"end"}


def test_the_view_survives_a_reload_and_can_be_sent(opened):
    page = opened(120, width=1440)
    page.get_by_label("Search").fill("rasa")
    page.get_by_label("Value tier", exact=True).select_option("low")
    page.get_by_label("Owner", exact=True).select_option("not known")
    page.get_by_role("columnheader", name="Churn").get_by_role("button").click()
    shown = page.get_by_role("status").text_content()
    page.wait_for_url(re.compile("#q=rasa&risk_tier=low&owner.unknown=1&sort=churn"))
    page.reload()
    expect(page.get_by_role("status")).to_have_text(shown)
    assert page.get_by_label("Search").input_value() == "rasa"
    expect(page.get_by_role("columnheader", name="Churn")).to_have_attribute("aria-sort", "descending")


def test_an_address_that_names_nothing_of_this_list_shows_all(opened):
    page = opened(12, address=f"#risk_tier=enormous&owner={HOSTILE}&sort=nothing%20descending&colour=red")
    expect(page.get_by_role("status")).to_have_text("Shown: 12 of 12")
    expect(page.get_by_role("columnheader", name="Rank")).to_have_attribute("aria-sort", "ascending")


def test_an_empty_search_says_so(opened):
    page = opened(12)
    page.get_by_label("Search").fill("nobody of this name")
    text = "Shown: 0 of 12. No customer matches the search and the filters."
    expect(page.get_by_role("status")).to_have_text(text)


def test_contact_details_are_links_only_where_that_is_safe(opened):
    passed = {
        "email": "rasa@shop.example", "phone": "+370 600 12345", "crm": "https://crm.example/c/1",
        "day": "2026-01-02", "attack": "javascript:alert(1)", "data": "data:text/html,x", "name": HOSTILE,
    }  # fmt: skip
    page = opened(1, passed=passed)
    page.get_by_role("button", name=re.compile("^Details: ")).click()
    links = page.locator(".details a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "mailto:rasa@shop.example", "tel:+37060012345", "https://crm.example/c/1",
    ]  # fmt: skip
    assert page.locator(".details img").count() == 0
    for text in ("javascript:alert(1)", "data:text/html,x", HOSTILE):
        expect(page.locator(".details").get_by_text(text, exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_win_back_is_the_second_view(opened, width):
    row = {
        "rank": 1, "customer_id": "007", "name": HOSTILE, "owner": None, "left_on": "2026-07-20",
        "value": 1234.0, "expected_net_value": 56.0, "reason": "No purchase for 78 days",
        "recommended_action": "Call", "channel": "phone",
    }  # fmt: skip
    page = opened(3, width=width, win_back=pd.DataFrame([row]))
    heading = page.locator("#win-back summary")
    expect(heading).to_contain_text("Win-back: 1 customers")
    heading.click()
    expect(page.locator("#win-back td").nth(1)).to_have_text(f"{HOSTILE} 007")
    expect(page.locator("#win-back td").nth(4)).to_contain_text("1,234")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def lost(size: int) -> pd.DataFrame:
    """A win-back list; every third customer has no owner."""
    return pd.DataFrame(
        {
            "rank": place + 1, "customer_id": f"{place:03}", "name": "Žemyna" if place % 2 else "Rasa",
            "owner": None if place % 3 == 0 else f"Owner {place % 3}", "left_on": "2026-07-20", "value": 10.0,
            "expected_net_value": 5.0, "reason": "No purchase", "recommended_action": "Call",
            "channel": "phone" if place < 4 else HOSTILE,
        }
        for place in range(size)
    )  # fmt: skip


def test_win_back_has_search_and_filters_of_its_own(opened):
    page = opened(12, win_back=lost(12))
    page.locator("#win-back summary").click()
    view, rows = page.locator("#win-back"), page.locator("#win-back tbody tr:visible")
    expect(rows).to_have_count(12)
    view.get_by_label("Search").fill("ZEMYNA")
    expect(rows).to_have_count(6)
    view.get_by_label("Owner", exact=True).select_option("not known")
    expect(view.get_by_role("status")).to_have_text("Shown: 2 of 12")
    view.get_by_label("Channel", exact=True).select_option(HOSTILE)
    expect(rows).to_have_count(1)
    page.get_by_label("Search").first.fill("nobody of this name")  # the list's own search is another one
    expect(rows).to_have_count(1)
    page.wait_for_url(re.compile("q=nobody"))
    page.reload()
    expect(rows).to_have_count(1)  # the view is open again
    assert page.get_by_label("Search").first.input_value() == "nobody of this name"
    view.get_by_label("Search").fill("nobody of this name")
    text = "Shown: 0 of 12. No customer matches the search and the filters."
    expect(view.get_by_role("status")).to_have_text(text)


def test_each_row_has_all_drivers_in_its_details(opened):
    page = opened(1, width=1440)
    page.get_by_role("button", name=re.compile("^Details: ")).click()
    drivers = page.locator(".drivers li").all_text_contents()
    assert drivers == page.locator("#list td.wide ol").first.locator("li").all_text_contents()
    assert len(drivers) >= 2


def test_the_way_back_leads_to_the_front_page(opened):
    page = opened(1)
    expect(page.get_by_role("link", name="All pages")).to_have_attribute("href", "../../index.html")
