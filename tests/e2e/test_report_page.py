"""The report in a real browser: used with mouse and keyboard, in light, in dark and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import REPLACED_DATA, change_provenance, run_folder, score, write_lines

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and its driver")

Open = Callable[..., Any]
SIZES = {"light": (1200, 1600), "dark": (1200, 1600), "phone": (390, 844)}


def _page(path: Path, folders: list[Path]) -> Path:
    from ganfw.report.page import render
    from ganfw.report.summary import named_apart, read

    path.write_text(render(named_apart([read(folder) for folder in folders])), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    folders = [run_folder(root, number, lr) for number, lr in ((1, 0.1), (2, 0.2))]
    change_provenance(folders[0], data=REPLACED_DATA, argv=("ganfw", "run", "</script>"))
    more = {"metric": "kid", "main": "kid", "result": {"kid": 0.5, "kid_std": 0.1}}
    lines = [score(step, 90 - step / 10) for step in (100, 200, 300)]
    write_lines(folders[1] / "scores.jsonl", lines + [score(step, 0, **more) for step in (1, 2)])
    return _page(root / "report.html", folders)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    profile = tmp_path_factory.mktemp("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Open:
    """``browser(page, "phone")``: the page in Chromium, loaded anew."""

    def open_page(page: Path, look: str = "light") -> Any:
        width, height = SIZES[look]
        screen = {"width": width, "height": height, "deviceScaleFactor": 1}
        screen |= {"mobile": look == "phone"}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        _colours(chromium, "dark" if look == "dark" else "light")
        chromium.get("about:blank")  # or the same page, opened once more, may still be the old one
        chromium.get(page.as_uri())
        # The driver may return while the page's own script has yet to run.
        _soon(chromium, lambda: _run(chromium, "document.readyState") == "complete")
        return chromium

    return open_page


def _colours(driver: Any, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def _run(driver: Any, script: str) -> Any:
    return driver.execute_script(f"return {script}")


def _soon(driver: Any, holds: Callable[[], bool]) -> None:
    """What the page does in answer, it does when it comes to it."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 20).until(lambda _: holds())


def _range(driver: Any, number: int = 0) -> list[float]:
    """The steps that a chart shows, from its layout."""
    found: list[float] = _run(
        driver, f"document.getElementById('plot-{number}').layout.xaxis.range"
    )
    return found


def _button(driver: Any, act: str, number: int = 0) -> Any:
    return driver.find_element("css selector", f"#chart-{number} button[data-act={act}]")


def _nothing_is_wrong(driver: Any) -> None:
    """Nothing runs out of the window sideways, is fetched, or complained of."""
    assert _run(driver, "document.documentElement.scrollWidth <= window.innerWidth")
    resources = "performance.getEntriesByType('resource').map(entry => entry.name)"
    assert not [name for name in _run(driver, resources) if name.startswith("http")]
    log = driver.get_log("browser")
    assert [entry for entry in log if entry["level"] in ("SEVERE", "WARNING")] == []


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_two_runs_compared(browser: Open, two_runs: Path, look: str) -> None:
    driver = browser(two_runs, look)
    for number, lines in ((0, 4), (1, 2)):
        drawn = f"document.querySelectorAll('#plot-{number} .scatterlayer .trace').length"
        assert _run(driver, drawn) == lines
    ground = _run(driver, "getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 24, 31)" if look == "dark" else "rgb(255, 255, 255)")
    text = driver.find_element("tag name", "main").text
    for part in ("0001-dcgan-sprites", "0002-dcgan-sprites", "Finished: step 300 of 300.",
                 "Trained on 'sprites' in place of 'pokemon'.", "lower is better",
                 "gen.optimizer.lr 0.1 0.2"):  # fmt: skip
        assert part in text
    _nothing_is_wrong(driver)


def test_the_slider_moves_by_keyboard(browser: Open, two_runs: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = browser(two_runs)
    slider, image = driver.find_element("id", "slider-0"), driver.find_element("id", "picture-0")
    last = image.get_attribute("src")
    slider.send_keys(Keys.ARROW_LEFT)
    step = driver.find_element("id", "step-0")
    assert step.text == "100"
    assert step.get_attribute("aria-live") == "polite"
    assert slider.get_attribute("aria-valuetext") == "step 100"
    assert image.get_attribute("src") != last
    assert image.get_attribute("alt").endswith("after step 100")
    assert driver.find_element("id", "step-1").text == "300"
    slider.send_keys(Keys.HOME)
    assert step.text == "0"
    _nothing_is_wrong(driver)


def test_a_chart_is_zoomed_by_mouse(browser: Open, two_runs: Path) -> None:
    from selenium.webdriver import ActionChains

    driver = browser(two_runs)
    whole = _range(driver)
    ground = driver.find_element("css selector", "#plot-0 .nsewdrag")
    width = ground.size["width"]
    ActionChains(driver).move_to_element(ground).perform()
    label = driver.find_element("css selector", "#plot-0 .hoverlayer")
    _soon(driver, lambda: "generator" in label.text)
    drag = ActionChains(driver).move_to_element(ground).click_and_hold()
    drag.move_by_offset(width // 8, 2).move_by_offset(width // 8, 0).release().perform()
    _soon(driver, lambda: _range(driver) != whole)
    start, end = _range(driver)
    span, middle = whole[1] - whole[0], sum(whole) / 2
    assert start == pytest.approx(middle, abs=span / 20)
    assert end - start == pytest.approx(span / 4, abs=span / 20)
    # Other colours leave the zoom as it is.
    colour = "document.getElementById('plot-0').data[0].line.color"
    before = _run(driver, colour)
    _colours(driver, "dark")
    _soon(driver, lambda: _run(driver, colour) != before)
    assert _range(driver) == [start, end]
    _nothing_is_wrong(driver)


def test_a_chart_is_zoomed_by_keyboard(browser: Open, two_runs: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = browser(two_runs)
    start, end = whole = _range(driver)
    _button(driver, "in").send_keys(Keys.ENTER)
    quarter = (end - start) / 4
    assert _range(driver) == pytest.approx([start + quarter, end - quarter])
    _button(driver, "earlier").send_keys(Keys.ENTER)
    assert _range(driver)[0] == pytest.approx(start + quarter / 2)
    _button(driver, "out").send_keys(Keys.ENTER)
    assert _range(driver)[1] - _range(driver)[0] == pytest.approx(end - start)
    _button(driver, "reset").send_keys(Keys.ENTER)
    assert _range(driver) == pytest.approx(whole)
    # The other charts have stayed as they were, and have a scale of their own.
    scale = _button(driver, "log", 1)
    scale.send_keys(Keys.ENTER)
    axis = "document.getElementById('plot-{}').layout.yaxis.type"
    assert [_run(driver, axis.format(n)) for n in (0, 1)] == ["linear", "log"]
    assert scale.get_attribute("aria-pressed") == "true"
    _nothing_is_wrong(driver)


def test_the_numbers_are_there_for_those_who_see_no_chart(browser: Open, two_runs: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = browser(two_runs)
    plot = driver.find_element("id", "plot-1")
    assert plot.get_attribute("aria-label").startswith("swd over the steps")
    driver.find_element("css selector", "#chart-1 summary").send_keys(Keys.ENTER)
    table = driver.find_element("css selector", "#chart-1 table")
    assert table.text.splitlines()[-3:] == ["100 80 80", "200 70 70", "300 60 60"]
    for region in driver.find_elements("css selector", ".scroll"):
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")
    # What a metric gives beside its main score is drawn once it is asked for.
    driver.find_element("css selector", ".more > summary").send_keys(Keys.ENTER)
    drawn = "document.querySelectorAll('.more .scatterlayer .trace').length"
    assert _run(driver, f"{drawn}") == 1
    _nothing_is_wrong(driver)


def test_a_run_with_nothing_to_show_is_a_page_too(browser: Open, tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    shutil.rmtree(folder / "samples")
    for name in ("metrics.jsonl", "scores.jsonl"):
        (folder / name).unlink()
    driver = browser(_page(tmp_path / "report.html", [folder]), "phone")
    text = driver.find_element("tag name", "main").text
    for words in ("No pictures of samples", "No losses were logged", "No scores yet"):
        assert words in text
    assert driver.find_elements("css selector", ".plot, .slider") == []
    _nothing_is_wrong(driver)
