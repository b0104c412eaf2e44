"""What the two tracking slots show."""

from daybook.gl.rules.tracking import Category, Slot, Tagged, slots, slotted

REGION = Category("c-1", "Region", "ACTIVE")
TEAM = Category("c-2", "Team", "ACTIVE")
OLD = Category("c-0", "Project", "ARCHIVED")


def test_active_categories_have_the_slots_in_their_order() -> None:
    assert slotted([OLD, REGION, TEAM]) == [REGION, TEAM]
    assert slotted([OLD, TEAM]) == [TEAM, OLD]
    assert slotted([REGION]) == [REGION]


def test_slots_follow_the_connection_s_order_and_never_the_line_s() -> None:
    north = Tagged("c-1", "Region", "North")
    sales = Tagged("c-2", "Team", "Sales")

    assert slots([sales, north], [REGION, TEAM]) == (
        Slot("Region", "Region - North"),
        Slot("Team", "Team - Sales"),
    )


def test_what_a_line_lacks_is_blank() -> None:
    sales = Tagged("c-2", "Team", "Sales")

    assert slots([sales], [REGION, TEAM]) == (
        Slot("", ""),
        Slot("Team", "Team - Sales"),
    )
    assert slots([], []) == (Slot(), Slot())


def test_the_first_of_two_options_of_a_category_counts() -> None:
    tags = [Tagged("c-1", "Region", "North"), Tagged("c-1", "Region", "South")]

    assert slots(tags, [REGION])[0] == Slot("Region", "Region - North")
