"""A wrong setting stops the start and says which, why, and how it looks when right."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from community.settings import BadSetting, Settings, load
from tests.conftest import ROOT

pytestmark = pytest.mark.once


def complaint(instance, **environ) -> str:
    with pytest.raises(BadSetting) as caught:
        load(instance, {f"COMMUNITY_{name}": value for name, value in environ.items()})
    return str(caught.value)


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "settings.toml").write_bytes(data)

    return write_file


class TestWrong:
    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("DATABASE_URL", "mysql://localhost/x", "must begin with one of: sqlite:, postgresql:"),
            ("DATABASE_URL", "", "must begin with one of: sqlite:, postgresql:"),
            ("DATABASE_OWNER_URL", "sqlite:///x", "must begin with one of: postgresql:"),
            ("REDIS_URL", "localhost:6379", "must begin with one of: redis:, rediss:, unix:"),
            ("STORAGE_URL", "/var/uploads", "must begin with one of: file:, s3:"),
            ("STORAGE_URL", "http://[broken", "is not an address"),
            ("MAIL_URL", "mail.example.com", "must begin with one of: smtp:, smtps:, file:"),
            ("SECRET_KEY", "short", "must have at least 32 characters"),
            ("TRUSTED_PROXIES", "yes", "valid integer"),
            ("TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
            ("HTTPS", "perhaps", "valid boolean"),
            ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
            ("MAX_UPLOAD_MB", "0", "greater than or equal to 1"),
            ("MAX_UPLOAD_MB", "500", "less than or equal to 200"),
            ("PORT_SUFFIX", "8000", "match pattern"),
        ],
    )
    def test_a_wrong_value_is_named_with_its_reason_and_an_example(
        self, tmp_path, name, value, reason
    ):
        said = complaint(tmp_path, **{name: value})
        assert said.startswith(f"COMMUNITY_{name}: ")
        assert reason in said
        example = Settings.model_fields[name.lower()].examples[0]
        assert said.endswith(f"For example: COMMUNITY_{name}={example}")

    def test_an_unknown_name_is_named_with_those_there_are(self, tmp_path):
        said = complaint(tmp_path, DATABSE_URL="sqlite:///x")
        assert said.startswith("COMMUNITY_DATABSE_URL is not a setting.")
        assert "COMMUNITY_DATABASE_URL" in said

    def test_so_is_one_in_the_file(self, tmp_path, write):
        write('databse_url = "sqlite:///x"')
        assert "COMMUNITY_DATABSE_URL is not a setting" in complaint(tmp_path)

    def test_a_section_in_the_file_is_not_a_setting(self, tmp_path, write):
        write('[database]\nurl = "sqlite:///x"')
        assert "COMMUNITY_DATABASE is not a setting" in complaint(tmp_path)

    def test_a_value_of_the_wrong_kind_in_the_file_is_named(self, tmp_path, write):
        write("database_url = 5")
        assert complaint(tmp_path).startswith("COMMUNITY_DATABASE_URL: ")

    @pytest.mark.parametrize(
        "content",
        [
            "database_url = ",
            "= 5",
            'x = "open',
            "a = 1\na = 2",
            b'mail_url = "\xe9"',
            b"\xff\xfe\x00",
        ],
    )
    def test_a_file_that_cannot_be_read_is_named(self, tmp_path, write, content):
        write(content)
        assert complaint(tmp_path).startswith("settings.toml is not valid TOML: ")

    def test_a_folder_in_the_place_of_the_file_is_named(self, tmp_path):
        (tmp_path / "settings.toml").mkdir()
        assert complaint(tmp_path).startswith("settings.toml cannot be read: ")

    def test_no_secret_is_in_a_complaint(self, tmp_path):
        said = complaint(tmp_path, SECRET_KEY="hush hush", MAIL_URL="smtp://ada:letmein@host")
        assert "hush" not in said
        assert "letmein" not in complaint(tmp_path, MAIL_URL="ftp://ada:letmein@host")

    @pytest.mark.parametrize("name", Settings.model_fields)
    def test_every_setting_has_a_sentence_and_an_example_that_is_right(self, tmp_path, name):
        field = Settings.model_fields[name]
        assert field.description.endswith(".")
        example = str(field.examples[0])
        if name == "secret_key":
            example = "a random text of 64 characters".ljust(64, ".")
        load(tmp_path, {f"COMMUNITY_{name.upper()}": example})


class TestSources:
    def test_nothing_need_be_set(self, tmp_path):
        settings = load(tmp_path, {})
        assert settings.database_url == f"sqlite:///{tmp_path}/community.db"
        assert settings.storage_url == f"file://{tmp_path}/uploads"
        assert settings.https is False

    def test_the_environment_beats_the_file_and_the_file_beats_the_default(self, tmp_path, write):
        write('log_level = "error"\nmax_upload_mb = 7\nhttps = true')
        settings = load(tmp_path, {"COMMUNITY_LOG_LEVEL": "debug"})
        assert (settings.log_level, settings.max_upload_mb, settings.https) == ("debug", 7, True)

    def test_variables_of_others_are_left_alone(self, tmp_path):
        load(tmp_path, {"PATH": "/bin", "COMMUNITYX": "1", "COMMUNITY_INSTANCE": "/elsewhere"})

    def test_settings_do_not_change_while_the_program_runs(self, tmp_path):
        settings = load(tmp_path, {})
        with pytest.raises(ValueError, match="frozen"):
            settings.https = True


class TestSecret:
    def test_a_secret_is_made_once_and_kept_for_its_owner_only(self, tmp_path):
        made = load(tmp_path / "new" / "instance", {}).secret_key
        assert len(made) == 64
        path = tmp_path / "new" / "instance" / "secret"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert load(path.parent, {}).secret_key == made

    def test_two_installations_have_two_secrets(self, tmp_path):
        assert load(tmp_path / "a", {}).secret_key != load(tmp_path / "b", {}).secret_key

    def test_a_secret_given_is_not_written_down(self, tmp_path):
        load(tmp_path, {"COMMUNITY_SECRET_KEY": "x" * 40})
        assert list(tmp_path.iterdir()) == []

    def test_all_processes_of_a_first_start_agree_on_the_secret(self, tmp_path):
        """Nobody reads the file between its making and its writing."""
        for attempt in range(40):
            found, start = [], threading.Barrier(8)
            instance = tmp_path / str(attempt)

            def read(instance=instance, found=found, start=start):
                start.wait()
                try:
                    found.append(load(instance, {}).secret_key)
                except BadSetting as error:
                    found.append(str(error))

            threads = [threading.Thread(target=read) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(found) == 8
            assert len(set(found)) == 1
            assert [p.name for p in instance.iterdir()] == ["secret"]

    def test_a_secret_cut_short_is_named_as_the_problem(self, tmp_path):
        (tmp_path / "secret").write_text("")
        assert "COMMUNITY_SECRET_KEY: must have at least 32" in complaint(tmp_path)


def test_the_command_stops_with_one_line_and_no_traceback(tmp_path):
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNITY_")}
    environ |= {"COMMUNITY_INSTANCE": str(tmp_path), "COMMUNITY_REDIS_URL": "nowhere"}
    done = subprocess.run(
        [sys.executable, "-m", "community.cli", "db", "upgrade"],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: COMMUNITY_REDIS_URL: must begin")
    assert done.stderr.count("\n") == 1
