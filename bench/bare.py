"""The page everything is compared with: Flask and Jinja, twenty posts, no database, no session.

`python -m bench.bare PORT` serves it as `community serve` serves ours.
"""

import sys

from flask import Flask, render_template_string
from granian import Granian
from granian.constants import Interfaces

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1>
{% for post in posts %}<article id="post-{{ post.number }}">
<header><b>{{ post.author }}</b> <time datetime="{{ post.at }}">{{ post.at }}</time></header>
<div>{{ post.text }}</div><footer><a href="#post-{{ post.number }}">Link</a></footer>
</article>{% endfor %}
</body></html>"""
POSTS = [
    {"number": n, "author": f"rider_{n}", "at": "2026-01-01T10:00:00Z", "text": "word " * 90}
    for n in range(1, 21)
]

app = Flask(__name__)


@app.get("/")
def page():
    return render_template_string(PAGE, title="Twenty posts", posts=POSTS)


if __name__ == "__main__":
    Granian(
        "bench.bare:app",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        websockets=False,
        log_access=False,
    ).serve()
