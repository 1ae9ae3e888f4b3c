"""The page as a person uses it: what can be pressed, typed and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selenium.common import TimeoutException
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

IRIS = "Sepal_Length ~ Sepal_Width + Petal_Length"
PATIENCE = 20.0  # seconds: a loaded machine draws slowly
POLL = 0.02  # seconds


@dataclass(frozen=True)
class Page:
    chrome: Chrome
    url: str

    def open(self, path: str) -> None:
        self.chrome.get(self.url + path)

    def resize(self, width: int, height: int = 900) -> None:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def find(self, selector: str, patience: float = PATIENCE) -> WebElement:
        """The first visible element, waited for."""

        def visible(chrome: Chrome) -> WebElement | bool:
            return next((found for found in chrome.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()), False)

        try:
            found = WebDriverWait(self.chrome, patience, POLL).until(visible)
        except TimeoutException:
            raise AssertionError(f"nothing visible is {selector}") from None
        assert isinstance(found, WebElement)
        return found

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def cells(self, row: int, table: str = ".coefficients") -> list[str]:
        """A row of a table, from 1, as it is read."""
        self.find(table)
        selector = f"{table} tbody tr:nth-child({row}) > *"
        return [cell.get_attribute("textContent") or "" for cell in self.chrome.find_elements(By.CSS_SELECTOR, selector)]

    def choose_sample(self, name: str) -> None:
        self.find(f"#sample option[value={name}]")
        Select(self.find("#sample")).select_by_value(name)
        self.find("#columns table")

    def open_mixed(self) -> None:
        """Open the tab of mixed models with its sample chosen."""
        self.open("/#mixed")
        self.find("#columns table")

    def open_tab(self, name: str) -> None:
        self.find(f"nav a[href='#{name}']").click()
        self.find_tab(name)

    def find_tab(self, name: str) -> None:
        """Wait until a tab is the open one: a change of the address is told to the page a moment later."""
        self.find(f"nav a[href='#{name}'][aria-current=page]")

    def paste(self, csv: str) -> None:
        self.find("input[value=own]").click()
        box = self.find("#csv")
        self.chrome.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", box, csv)
        self.find("#columns table")

    def write(self, formula: str) -> None:
        field = self.find("#formula")
        field.clear()
        field.send_keys(formula)

    def fit(self) -> None:
        self.find("#fit").click()

    def fit_iris(self) -> None:
        self.choose_sample("iris")
        self.write(IRIS)
        self.fit()
        self.find(".coefficients")

    def press(self, *keys: str) -> None:
        ActionChains(self.chrome).send_keys(*keys).perform()

    def tab_to(self, selector: str, most: int = 40) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(most):
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{most} tabs do not reach {selector}")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def module(self, name: str, expression: str, *arguments: Any) -> Any:
        """What an expression gives in which the module's exports are `m`, and the arguments `a`."""
        script = """
            const [done, a] = [arguments[arguments.length - 1], [...arguments]];
            import("/static/NAME").then((m) => done(EXPRESSION));
        """
        script = script.replace("NAME", name).replace("EXPRESSION", expression)
        return self.chrome.execute_async_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What the console says since it was last asked."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]

    def too_wide(self) -> bool:
        return bool(self.run("return document.documentElement.scrollWidth > innerWidth"))
