"""The two demo brands as rows: theme, words, legal identity."""

PASSWORD = "une lune, two wheels"
"""Signs in as one member of each role. Demo only: nobody should reuse it."""

LUNE = {
    "slug": "lune",
    "name": "Maison Lune",
    "locale": "fr",
    "time_zone": "Europe/Paris",
    "hosts": ["lune.localhost"],
    "headline": "Demandez à celles et ceux qui ont essayé.",
    "tagline": "Routines, teintes, ingrédients : des membres et nos formulatrices vous répondent.",
    "theme": {
        "brand": "#8f3a52",
        "tint": "#b98a63",
        "radius": 1,
        "pill": 99,
        "font_body": "Figtree",
        "font_head": "Newsreader",
        "head_weight": 450,
        "head_track": -0.022,
    },
    "logo_svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><path fill="currentColor"'
        ' d="M19.5 3.2A11.5 11.5 0 1 0 25.3 20 9.2 9.2 0 1 1 19.5 3.2z"/></svg>'
    ),
    "legal": {
        "publisher": "Maison Lune SAS",
        "address": "12 quai des Lices, 69002 Lyon, France",
        "contact": "bonjour@lune.example",
        "dsa_contact": "dsa@lune.example",
        "hosting": "Hébergement de démonstration, sur cette machine",
    },
    "mail_name": "Maison Lune",
    "mail_address": "communaute@lune.example",
    "features": {"messages": True},
    "hero": (
        "ml-hero",
        "Flacons et pots Maison Lune sur des socles clairs, lumière de fin de jour",
    ),
}

VELORA = {
    "slug": "velora",
    "name": "Velora",
    "locale": "en",
    "time_zone": "Europe/London",
    "hosts": ["velora.localhost"],
    "headline": "Ask someone who already rode it.",
    "tagline": "Range, repairs, routes. Riders and our workshop team answer.",
    "theme": {
        "brand": "#c8f04b",
        "tint": "#5a7a86",
        "radius": 0.3,
        "pill": 0.3,
        "font_body": "Figtree",
        "font_head": "Archivo",
        "font_meta": "JetBrains Mono",
        "head_weight": 680,
        "head_track": -0.03,
        "edge": 1,
    },
    "logo_svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 28"><path fill="currentColor"'
        ' d="M1 4h8l6 13 6-13h12L20 25h-9z"/><path fill="currentColor" opacity=".55"'
        ' d="M24 4h9l-3 5h-8.500z"/></svg>'
    ),
    "legal": {
        "publisher": "Velora Ltd",
        "address": "4 Harbour Yard, Bristol BS1 4RW, United Kingdom",
        "contact": "hello@velora.example",
        "dsa_contact": "dsa@velora.example",
        "hosting": "Demonstration hosting, on this machine",
    },
    "mail_name": "Velora community",
    "mail_address": "community@velora.example",
    "features": {"messages": True},
    "hero": ("v-hero", "Velora City step-through e-bike parked on a country road at dusk"),
}

BRANDS = (LUNE, VELORA)
