"""Rules no linter knows. Each reads the source as it is and says which line to look at."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from community import events, wiring
from community.kernel.bus import Event
from community.permissions import RULES, Can
from community.settings import Settings
from tests.conftest import ROOT
from tests.source import (
    PACKAGE,
    body_of,
    called,
    feature_modules,
    feature_of,
    functions,
    imported,
    is_face,
    is_reader,
    modules,
    name_of,
    offences,
    templates,
    tree,
)

pytestmark = pytest.mark.once

LONGEST, LONGEST_TEST = 420, 500  # lines

# Reasons for what breaks a rule on purpose. A line that is no longer needed fails, too.
NO_QUESTION_OF_RULES = {
    "members.access.confirm": "whoever holds the mailed link may follow it",
    "members.access.is_joiner": "answers a question, changes nothing",
    "threads.bookmarks.own_or_missing": "says Missing where a rule would say Forbidden",
    "threads.reading.first_unread": "tells the actor how far the actor has read",
    "threads.reading.reader_of": "tells the actor what the actor did",
    "threads.reading.unread_in": "tells the actor what is new of threads at hand",
    "threads.reading.unread_by_category": "tells the actor what is new where he may read",
    "threads.posts.references": "reads what a text refers to; the act has asked",
}
ACROSS_BRANDS = {"brands.service": "a brand is opened outside any brand"}
COMMITTERS = {
    "cli": "a command is neither a request nor a delivery",
    "demo.service": "fills an empty installation, brand by brand",
    "scoring.follower": "follows the log between requests, its lines and its place in one commit",
    "search.embedded": "what it commits are files of Whoosh",
    "search.indexer": "follows the log, an index at a time, between requests",
    "search.postgres": "makes an index anew in portions, so that nothing is held for minutes",
    "threads.readership": "counts views once a while, between requests",
    "transfer.service": "imports in portions, so that a long one may be stopped",
}
SAID_BY_A_QUERY = {
    "SEE_GROUP": "groups.queries.visible_groups; tests/groups/test_service.py compares",
}


# -- Permission, commits, the brand ----------------------------------------


def acts_without_asking(path: Path) -> Iterator[str]:
    if is_reader(path):
        return
    for function in functions(tree(path)):
        arguments = function.args.args
        if function.name[0] == "_" or not arguments or arguments[0].arg != "actor":
            continue
        if f"{name_of(path)}.{function.name}" in NO_QUESTION_OF_RULES:
            continue
        if not ast.unparse(body_of(function)[0]).startswith("require(actor, Can."):
            yield f"{function.name} (line {function.lineno})"


def test_whatever_takes_an_actor_asks_permission_first():
    assert offences(acts_without_asking, feature_modules()) == []


def test_exceptions_to_asking_permission_are_still_there():
    named = {
        f"{name_of(path)}.{function.name}"
        for path in feature_modules()
        for function in functions(tree(path))
    }
    assert set(NO_QUESTION_OF_RULES) <= named


WRITES = {"publish", "add", "add_all", "delete", "update", "insert", "merge"}


def writes(path: Path) -> Iterator[str]:
    """Calls that change rows: those of the session, of SQL, and of the bus."""
    if not is_reader(path):
        return
    for node in ast.walk(tree(path)):
        name = called(node)
        if name not in WRITES:
            continue
        on = ast.unparse(node.func).rpartition(".")[0]
        of_the_session = on.endswith("session")
        plain = not on and name in {"publish", "insert", "update", "delete"}
        if of_the_session or plain or on == "bus":
            yield f"{ast.unparse(node)[:60]} (line {node.lineno})"


def test_modules_that_need_not_ask_permission_change_nothing():
    assert offences(writes, feature_modules()) == []


def commits(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if called(node) == "commit" and name_of(path) not in COMMITTERS:
            yield f"line {node.lineno}"


def test_one_commit_at_the_edge_and_none_in_a_feature():
    paths = [path for path in modules() if "kernel" not in path.parts]
    assert offences(commits, paths) == []


def test_exceptions_to_one_commit_still_commit():
    for name in COMMITTERS:
        path = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
        assert any(called(node) == "commit" for node in ast.walk(tree(path))), name


ROUND_THE_FILTER = {
    "__table__",
    "exec_driver_sql",
    "raw_connection",
    "from_statement",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
}
RAW = {"sqlalchemy.text", "sqlalchemy.TextClause", "sqlalchemy.orm.Session", "sqlite3", "psycopg"}
OF_A_SESSION = {"connection", "get_bind"}


def goes_round_the_filter(path: Path) -> Iterator[str]:
    module = tree(path)
    for node in ast.walk(module):
        if not isinstance(node, ast.Attribute):
            continue
        of_session = node.attr in OF_A_SESSION and ast.unparse(node.value).endswith("session")
        of_engine = node.attr in {"connect", "begin"} and "engine" in ast.unparse(node.value)
        if node.attr in ROUND_THE_FILTER or of_session or of_engine:
            yield f"{ast.unparse(node)} (line {node.lineno})"
    for name, line in imported(module):
        if name in RAW or name.partition(".")[0] in RAW:
            yield f"imports {name} (line {line})"


def outside_the_kernel() -> list[Path]:
    return [path for path in modules() if "kernel" not in path.parts]


def test_no_query_goes_round_the_brand_filter():
    assert offences(goes_round_the_filter, outside_the_kernel()) == []


def names_the_brand(path: Path) -> Iterator[str]:
    """`brand_id=` given to a query or a row; parameters of the clockwork are another thing."""
    for node in ast.walk(tree(path)):
        if called(node) == "filter_by" and any(k.arg == "brand_id" for k in node.keywords):
            yield f"{ast.unparse(node)[:60]} (line {node.lineno})"


def test_no_query_filters_by_brand_itself():
    assert offences(names_the_brand, feature_modules()) == []


def writes_across_brands(path: Path) -> Iterator[str]:
    for name, line in imported(tree(path)):
        if name.endswith(".writing_across_brands") and name_of(path) not in ACROSS_BRANDS:
            yield f"line {line}"


def test_only_the_kernel_writes_across_brands_and_who_opens_one():
    assert offences(writes_across_brands, outside_the_kernel()) == []


def test_whoever_leaves_the_brand_says_why():
    for path in modules():
        for node in ast.walk(tree(path)):
            if called(node) in {"across_brands", "writing_across_brands"}:
                [reason] = node.args
                said = isinstance(reason, ast.Constant) and len(reason.value.split()) >= 3
                assert said, f"{path}:{node.lineno}"


# -- Layers ----------------------------------------------------------------

HTTP = ("flask", "flask_login", "flask_wtf", "werkzeug", "community.kernel.web")
NOT_OF_A_REQUEST = {"flask.current_app", "flask.get_template_attribute", "flask_login.LoginManager"}


def knows_http(path: Path) -> Iterator[str]:
    if is_face(path):
        return
    for name, line in imported(tree(path)):
        if name.startswith(tuple(f"{one}." for one in HTTP)) or name in HTTP:
            strict = path.stem in {"service", "models", "queries"}
            if strict or name not in NOT_OF_A_REQUEST:
                yield f"imports {name} (line {line})"


def test_only_views_and_forms_know_of_http():
    allowed = {"admin.pages"}
    paths = [path for path in feature_modules() if name_of(path) not in allowed]
    assert offences(knows_http, paths) == []


def imports_late(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.Try):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield f"line {inner.lineno}"


def test_imports_stand_at_the_top():
    assert offences(imports_late, modules()) == []


def test_the_kernel_knows_no_feature():
    features = {feature_of(path) for path in feature_modules()}
    known = ("community.permissions", "community.events", "community.wiring")
    for path in (PACKAGE / "kernel").rglob("*.py"):
        for name, line in imported(tree(path)):
            if name.startswith("community."):
                assert name.split(".")[1] not in features, f"{path}:{line}"
                assert not name.startswith(known), f"{path}:{line}"


def test_no_file_is_long():
    limits = {PACKAGE: LONGEST, ROOT / "tests": LONGEST_TEST}
    long = {
        str(path.relative_to(ROOT)): lines
        for folder, limit in limits.items()
        for path in folder.rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > limit
    }
    assert long == {}


def test_every_feature_says_what_it_owns():
    for feature in {feature_of(path) for path in feature_modules()}:
        assert ast.get_docstring(tree(PACKAGE / feature / "__init__.py")), feature


# -- The three tables ------------------------------------------------------


def test_every_permission_has_a_rule_and_every_rule_is_asked():
    assert set(RULES) == set(Can)
    sources = [path for path in modules() if name_of(path) not in {"permissions", "predicates"}]
    source = "".join(path.read_text() for path in [*sources, *templates()])
    unasked = {can.name for can in Can if not re.search(rf"\bCan\.{can.name}\b", source)}
    assert unasked == set(SAID_BY_A_QUERY)


def all_events() -> set[type[Event]]:
    found = vars(events).values()
    return {e for e in found if isinstance(e, type) and issubclass(e, Event) and e is not Event}


def test_every_event_has_its_line_in_the_subscriptions():
    assert set(wiring.SUBSCRIPTIONS) == all_events()


def test_every_event_happens():
    published = {
        called(node.args[0])
        for path in modules()
        for node in ast.walk(tree(path))
        if called(node) == "publish" and node.args
    }
    happening = published | {event.__name__ for event in wiring.TICKS}
    assert {event.__name__ for event in all_events()} - happening == set()


def test_events_hold_ids_and_words_only():
    plain = {int, str, bool, int | None, str | None, list[int]}
    for event in all_events():
        for name, kind in event.__annotations__.items():
            assert kind in plain, f"{event.__name__}.{name}"


def test_every_setting_is_used():
    sources = [path for path in modules() if name_of(path) != "settings"]
    source = "".join(p.read_text() for p in [*sources, ROOT / "migrations" / "env.py"])
    assert [n for n in Settings.model_fields if not re.search(rf"\.{n}\b", source)] == []
