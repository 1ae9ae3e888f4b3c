"""The tabs of what a site keeps, as a person with a key uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.serving import Server
from tests.web.page import PATIENCE, POLL, Page

SAYS = "[...document.querySelectorAll(arguments[0])].some((e) => e.checkVisibility() && e.innerText.includes(arguments[1]))"


@dataclass(frozen=True)
class Shelf:
    """A page with a key in use, and the same key for what a test prepares over HTTP."""

    page: Page
    server: Server
    key: str

    def open(self, address: str) -> None:
        """Open a tab, or a thing in it, anew."""
        self.page.run("sessionStorage.setItem('lamplight-key', arguments[0])", self.key)
        self.page.chrome.get("about:blank")  # so that what follows is no mere change of the hash
        self.page.open(f"/#{address}")
        self.page.find(f"#shelf-{address.split('/')[0]}:not([aria-busy]) > *")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        told = self.server.ask(method, path, body, Authorization=f"Bearer {self.key}")
        assert told.status < 300, told.body
        return told.json if told.body else None

    def write(self, selector: str, text: str) -> None:
        field = self.page.find(selector)
        self.page.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", field, text)

    def choose(self, selector: str, value: str) -> None:
        Select(self.page.find(selector)).select_by_value(value)

    def press(self, text: str, within: str = "main") -> None:
        """Press the button that says this."""
        self.until(lambda: self._pressed(text, within))

    def answer(self, yes: bool) -> None:
        """Answer the dialog that asks whether it shall be done."""
        self.page.find(f"dialog button{'.danger' if yes else '.quiet'}").click()

    def until(self, claim: Any) -> Any:
        return WebDriverWait(self.page.chrome, PATIENCE, POLL).until(lambda _: claim())

    def reads(self, selector: str, text: str) -> None:
        """Wait until an element says this."""
        self.until(lambda: self.page.run(f"return {SAYS}", selector, text))

    def column(self, table: str, place: int) -> list[str]:
        """A column of a table, from 1, as it is read."""
        self.page.find(table)
        found: list[str] = self.page.run(
            "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.textContent)",
            f"{table} > tbody > tr > :nth-child({place})",
        )
        return found

    def _pressed(self, text: str, within: str) -> bool:
        script = """
            const found = [...document.querySelector(arguments[1]).querySelectorAll("button")]
              .find((button) => button.checkVisibility() && button.textContent === arguments[0]);
            found?.click();
            return Boolean(found);
        """
        return bool(self.page.run(script, text, within))
