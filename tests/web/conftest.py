"""A headless Chromium, and the pages of a running server in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from store import keys, sites
from store.engine import engine_of, writing
from tests.conftest import database, settings_for
from tests.jobs.working import working
from tests.serving import Server
from tests.web.page import Page
from tests.web.shelf import Shelf

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    assert browser, "the browser tests need Chromium and its driver: apt-get install chromium chromium-driver"
    assert driver, "the browser tests need chromedriver: apt-get install chromium-driver"
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options=options, service=ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def page(chromium: Chrome, server: Server) -> Iterator[Page]:
    """The page at /, freshly opened 1280 pixels wide."""
    opened = Page(chromium, server.url)
    opened.resize(1280)
    opened.open("/")
    yield opened
    chromium.execute_script("sessionStorage.clear()")
    opened.complaints()  # what one test leaves in the log is not the next one's


@pytest.fixture(scope="module")
def modules(chromium: Chrome, server: Server) -> Page:
    """A page whose scripts can be called one by one."""
    opened = Page(chromium, server.url)
    opened.open("/")
    return opened


@pytest.fixture(scope="session")
def key(postgres: str, server: Server) -> str:
    """A secret key of a new site of the running server."""
    engine = engine_of(settings_for(database(postgres, "lamplight_served")))
    with writing(engine) as connection:
        text = keys.create(connection, sites.create(connection, "browser").id, "sk").text
    engine.dispose()
    return text


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "doses.csv"
    path.write_text("dose,weight\n1,2\n2,4\n3,7\n4,8\n")
    return path


@pytest.fixture
def shelf(page: Page, server: Server, key: str) -> Shelf:
    """The page with a key in use."""
    return Shelf(page, server, key)


@pytest.fixture(scope="session")
def worker(server: Server) -> Iterator[None]:
    """A worker beside the running server."""
    with working(server.database_url):
        yield
