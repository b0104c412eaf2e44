"""Names of the demo's customers, invented and all different."""

from random import Random

_FIRST = """
    Amber Anchor Apex Arbor Atlas Aurora Beacon Birch Blue Bright Brook Canyon Cedar
    Chalk Cliff Clover Coastal Cobalt Comet Copper Coral Crane Crescent Crown Delta
    Dune Eagle East Echo Elm Ember Falcon Fern Field Finch Flint Forge Fox Garnet
    Glacier Golden Granite Green Grove Harbour Hawk Hazel Heron High Hollow Indigo
    Iron Ivory Juniper Keystone Lake Lark Laurel Lime Linden Lumen Maple Marble Meadow
    Meridian Mill Mint Moss North Nova Oak Olive Onyx Opal Orchard Osprey Otter Pearl
    Pebble Pine Plum Prairie Quartz Quill Raven Red Ridge River Robin Rowan Sage Salt
    Silver Slate Solar Sparrow Spruce Sterling Stone Summit Swift Tern Thistle Tide
    Timber Topaz Union Vale Velvet Vista Walnut West Willow Winter Wren Yarrow Zephyr
""".split()  # noqa: SIM905  (one name per line would be a hundred lines)

_SECOND = [
    ("Analytics", "Inc."),
    ("Logistics", "Ltd"),
    ("Foods", "LLC"),
    ("Health", "Inc."),
    ("Energy", "plc"),
    ("Media", "Ltd"),
    ("Robotics", "GmbH"),
    ("Travel", "Ltd"),
    ("Capital", "LLP"),
    ("Labs", "Inc."),
    ("& Sons", "Ltd"),
    ("Retail", "plc"),
]


def company_names(random: Random, count: int) -> list[tuple[str, str]]:
    """`count` names, each with its legal name: `Amber Labs`, `Amber Labs Inc.`."""
    pairs = [(first, second) for first in _FIRST for second in _SECOND]
    return [
        (f"{first} {kind}", f"{first} {kind} {form}")
        for first, (kind, form) in random.sample(pairs, count)
    ]
