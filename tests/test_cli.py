"""The `community` command: what it does, or one clear line and exit code 1."""

import json
import logging

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from community.brands.models import Brand
from community.cli import main
from community.kernel.db import db
from community.kernel.tenancy import across_brands, brand_scope
from community.members.models import MailedLink, Member, Role, SecondFactor
from community.threads.models import Category, Thread
from tests.conftest import SECRET, who
from tests.factories import LUNE, VELORA
from tests.threads.saying import a_thread


@pytest.fixture
def run(app, settings, monkeypatch, tmp_path):
    """`run("brand", "list")` is the command on this test's database; returns its result."""
    monkeypatch.setenv("COMMUNITY_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("COMMUNITY_SECRET_KEY", SECRET)
    for name in ("database_url", "database_owner_url", "storage_url", "mail_url"):
        if getattr(settings, name):
            monkeypatch.setenv(f"COMMUNITY_{name.upper()}", getattr(settings, name))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda *words, **options: CliRunner().invoke(main, list(words), **options)
    root.handlers[:], root.level = handlers, level


def failed_with(result, words: str) -> bool:
    return result.exit_code == 1 and words in result.stderr and "Traceback" not in result.stderr


class TestBrand:
    def test_a_new_brand_is_a_working_empty_community(self, app, run, visit):
        result = run("brand", "create", "tea", "--name", "Tea & Co", "--host", "tea.localhost")
        assert result.exit_code == 0, result.output
        assert "Tea & Co is open at http://tea.localhost" in result.output
        page = app.test_client().get("/", base_url="http://tea.localhost")
        assert page.status_code == 200
        assert "Tea &amp; Co" in page.text

    def test_it_begins_with_categories_and_without_threads(self, app, run):
        run("brand", "create", "tea", "--name", "Tea", "--host", "tea.localhost", "--locale", "fr")
        with app.app_context():
            with across_brands("test") as session:
                brand_id = session.scalar(select(Brand.id).where(Brand.slug == "tea"))
            with brand_scope(brand_id):
                assert db.session.scalar(select(func.count(Category.id))) >= 3
                assert db.session.scalar(select(func.count(Thread.id))) == 0

    def test_its_first_owner_is_mailed_a_link(self, app, run):
        words = ("--name", "Tea", "--host", "tea.localhost", "--owner", "kim@tea.example")
        assert run("brand", "create", "tea", *words).exit_code == 0
        with app.app_context():
            with across_brands("test") as session:
                brand_id = session.scalar(select(Brand.id).where(Brand.slug == "tea"))
            with brand_scope(brand_id):
                owner = db.session.scalars(select(Member)).one()
                assert (owner.role, owner.email) == (Role.OWNER, "kim@tea.example")
                assert db.session.scalars(select(MailedLink)).one().member_id == owner.id

    def test_a_host_name_opens_one_brand(self, run):
        result = run("brand", "create", "tea", "--name", "Tea", "--host", "lune.localhost")
        assert failed_with(result, "lune.localhost opens another brand")

    def test_brands_are_listed_with_their_hosts(self, run):
        lines = run("brand", "list").stdout.splitlines()
        assert lines[0].split("\t") == ["lune", "Maison Lune", "lune.localhost www.lune.localhost"]
        assert len(lines) == 2

    def test_a_fact_of_one_brand_changes_and_no_other(self, app, run):
        assert run("brand", "set", "lune", "name=Lune & Fils", "theme.brand=#112233").exit_code == 0
        with app.app_context():
            names = dict(db.session.execute(select(Brand.slug, Brand.name)).all())
        assert names == {"lune": "Lune & Fils", "velora": "Velora"}

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("theme.brand=red", "theme"),
            ("shoe=9", "no such fact"),
            ("name", "NAME=VALUE"),
            ("locale=xx", "locale"),
        ],
    )
    def test_a_fact_that_cannot_be_is_refused_in_one_line(self, run, change, words):
        assert failed_with(run("brand", "set", "lune", change), words)

    def test_an_unknown_brand_is_answered_with_the_known_ones(self, run):
        assert failed_with(run("brand", "set", "moon", "name=x"), "lune, velora")


class TestMember:
    def test_a_member_is_created_with_a_role_in_one_brand(self, app, run):
        words = ("--brand", "lune", "kim@example.com", "--name", "Kim", "--role", "moderator")
        result = run("member", "create", *words, input="a good long secret\na good long secret\n")
        assert result.exit_code == 0, result.output
        with app.app_context():
            with brand_scope(LUNE):
                assert who("kim").role is Role.MODERATOR
                assert who("kim").is_confirmed
            with brand_scope(VELORA):
                assert db.session.scalar(select(Member).where(Member.username == "kim")) is None

    def test_a_weak_password_is_refused_in_one_line(self, run):
        words = ("--brand", "lune", "kim@example.com", "--name", "Kim")
        result = run("member", "create", *words, input="short\nshort\n")
        assert failed_with(result, "10 characters")

    def test_a_role_changes(self, app, run):
        assert run("member", "role", "--brand", "lune", "ada", "expert").exit_code == 0
        with app.app_context():
            with brand_scope(LUNE):
                assert who("ada").role is Role.EXPERT
            with brand_scope(VELORA):
                assert who("ada").role is Role.MEMBER

    def test_the_last_owner_stays(self, run):
        assert run("member", "role", "--brand", "lune", "oli", "member").exit_code == 1

    def test_who_has_lost_phone_and_codes_is_let_in_again(self, app, run):
        with app.app_context():
            for brand_id in (LUNE, VELORA):
                with brand_scope(brand_id):
                    who("oli").second_factor = SecondFactor.APP
                    db.session.commit()
        done = run("member", "unlock", "--brand", "lune", "oli")
        assert "signs in with the password alone now" in done.output
        with app.app_context():
            with brand_scope(LUNE):
                assert who("oli").second_factor is SecondFactor.NONE
            with brand_scope(VELORA):
                assert who("oli").second_factor is SecondFactor.APP
        again = run("member", "unlock", "--brand", "lune", "oli")
        assert failed_with(again, "has no second factor")

    def test_an_erased_person_is_gone(self, app, run):
        assert run("member", "erase", "--brand", "lune", "ada", "--yes").exit_code == 0
        with app.app_context(), brand_scope(LUNE):
            assert db.session.scalar(select(Member).where(Member.username == "ada")) is None
            assert db.session.scalar(select(Member).where(Member.name == "Ada")) is None

    def test_nobody_is_erased_by_a_slip(self, app, run):
        run("member", "erase", "--brand", "lune", "ada", input="n\n")
        with app.app_context(), brand_scope(LUNE):
            assert who("ada").email

    def test_an_unknown_member_is_said_so(self, run):
        assert failed_with(run("member", "role", "--brand", "lune", "nemo", "expert"), "nemo")


ROW = {
    "id": "q1",
    "title": "How long does it last?",
    "category": "care",
    "author": "someone",
    "created": "2024-01-02T03:04:05",
    "text": "I open it every day.",
}


class TestImport:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "old-forum.jsonl"
        path.write_text(json.dumps(ROW) + "\nnonsense\n")
        return path

    def test_threads_come_in_and_every_row_is_accounted_for(self, app, run, file):
        result = run("import", "jsonl", str(file), "--brand", "velora")
        assert result.exit_code == 0, result.output
        assert "2 rows read" in result.stdout
        assert "1 threads and 1 posts are new" in result.stdout
        assert "line 2: row skipped: not JSON" in result.stdout
        with app.app_context(), brand_scope(LUNE):
            assert db.session.scalar(select(func.count(Thread.id))) == 0

    def test_a_dry_run_writes_nothing(self, app, run, file):
        assert (
            "dry run" in run("import", "jsonl", str(file), "--brand", "velora", "--dry-run").stdout
        )
        with app.app_context(), brand_scope(VELORA):
            assert db.session.scalar(select(func.count(Thread.id))) == 0

    def test_an_old_address_leads_to_the_thread(self, run, visit, file):
        run("import", "jsonl", str(file), "--brand", "velora")
        velora = visit(brand="velora")
        assert velora.get("/t/old/old-forum/q1").status_code == 301
        page = velora.get("/t/old/old-forum/q1", follow_redirects=True)
        assert page.request.path.endswith("/how-long-does-it-last")
        assert visit(brand="lune").get("/t/old/old-forum/q1").status_code == 404

    def test_a_file_without_one_good_row_fails(self, run, tmp_path):
        path = tmp_path / "bad.jsonl"
        path.write_text("nonsense\n")
        result = run("import", "jsonl", str(path), "--brand", "velora")
        assert failed_with(result, "No row of this file could be imported.")


class TestDoctor:
    def test_a_sound_installation_is_well(self, run):
        result = run("doctor")
        assert result.exit_code == 0, result.output
        assert "WRONG" not in result.stdout
        assert "tables up to date" in result.stdout

    @pytest.mark.postgresql
    def test_the_second_wall_is_looked_at(self, run):
        assert "row-level security: on every table" in run("doctor").stdout

    @pytest.mark.postgresql
    def test_a_role_that_owns_everything_voids_the_wall(self, run, settings, monkeypatch):
        superuser = settings.database_url.replace("community_app@", "postgres@")
        monkeypatch.setenv("COMMUNITY_DATABASE_URL", superuser)
        result = run("doctor")
        assert result.exit_code == 1
        assert "WRONG  row-level security: void" in result.stdout

    def test_a_redis_that_is_away_is_wrong_and_said_so(self, run, monkeypatch):
        monkeypatch.setenv("COMMUNITY_REDIS_URL", "redis://127.0.0.1:1/0")
        result = run("doctor")
        assert result.exit_code == 1
        assert "WRONG  redis" in result.stdout

    def test_wrong_counters_are_said_by_brand_and_mended_when_asked(self, app, run):
        with app.app_context(), brand_scope(VELORA):
            a_thread("ada").posts_count = 9
            thread_id = db.session.scalars(select(Thread.id)).one()
            db.session.commit()
        result = run("doctor")
        assert result.exit_code == 1
        wrong = "WRONG  velora, replies and last posts of threads: 1 of 1 are wrong"
        assert f"{wrong} (thread {thread_id} says 9 posts, there are 1)" in result.stdout
        assert "WRONG  lune" not in result.stdout
        mended = run("doctor", "--repair")
        assert mended.exit_code == 0, mended.output
        assert "1 of 1 were wrong and are mended" in mended.stdout
        assert run("doctor").exit_code == 0

    def test_uploads_that_cannot_be_written_are_wrong(self, run, monkeypatch, tmp_path):
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("COMMUNITY_STORAGE_URL", f"file://{tmp_path}/file/uploads")
        assert "WRONG  uploads" in run("doctor").stdout


class TestBadSettings:
    def test_a_wrong_setting_is_one_line_with_an_example(self, run, monkeypatch):
        monkeypatch.setenv("COMMUNITY_DATABASE_URL", "mysql://somewhere")
        assert failed_with(run("brand", "list"), "For example: COMMUNITY_DATABASE_URL=postgresql")

    def test_an_unknown_name_is_an_error(self, run, monkeypatch):
        monkeypatch.setenv("COMMUNITY_COLOUR", "red")
        assert failed_with(run("brand", "list"), "COMMUNITY_COLOUR is not a setting")
