"""The report in a real browser: no console errors, the slider moves, the curves react."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and its driver")


def _run_folder(root: Path, number: int, lr: float) -> Path:
    """A run as it lies on disk, made up."""
    folder = root / f"{number:04d}-dcgan-sprites"
    (folder / "samples").mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[gen]\nuse = "dcgan"\n[gen.optimizer]\nlr = {lr}\n[[loss]]\nuse = "hinge"\nweight = 1.0\n'
    )
    machine = {"device": "cpu", "device_name": "x86_64", "platform": "Linux", "python": "3.11"}
    data = {"trained_on": "sprites", "asked": "pokemon", "fingerprint": "ab", "examples": 100}
    record = {"format": 1, "argv": ["ganfw", "run", "</script>"], "started": "now", "seed": 0,
              "data": data, "machine": machine, "versions": {"ganfw": "1"}, "resumed": [],
              "origins": {"gen.optimizer.lr": "command line"}}  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(record))
    rows = [
        {"step": step, "epoch": 1 + step // 100, "examples": 8, "examples_per_second": 80.0,
         "loss_D": 1 / step + lr, "loss_G": "nan" if step == 7 else math.log1p(step)}
        for step in range(1, 301)
    ]  # fmt: skip
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scores = [
        {"metric": "swd", "release": "ganfw 1", "version": 1, "main": "swd", "options": {},
         "lower_is_better": True, "result": {"swd": 90.0 - step / 10, "real_samples": 9},
         "step": step, "weights": "generator", "seed": 0}
        for step in (100, 200, 300)
    ]  # fmt: skip
    (folder / "scores.jsonl").write_text("".join(json.dumps(row) + "\n" for row in scores))
    for step in (0, 100, 300):
        Image.new("RGB", (60, 60), (step % 256, 90, 90)).save(folder / f"samples/{step:06d}.png")
    return folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ganfw.report.contents import named_apart, read
    from ganfw.report.page import render

    root = tmp_path_factory.mktemp("runs")
    runs = [read(_run_folder(root, number, lr)) for number, lr in ((1, 0.1), (2, 0.2))]
    path = root / "report.html"
    path.write_text(render(named_apart(runs)), encoding="utf-8")
    return path


@pytest.fixture(params=["light", "dark", "phone"])
def browser(request: pytest.FixtureRequest, page: Path, tmp_path: Path) -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    size = "390,844" if request.param == "phone" else "1200,1600"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={size}",
                 "--no-first-run", "--disable-background-networking", "--disable-sync",
                 "--disable-component-update", f"--user-data-dir={tmp_path}"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    scheme = "dark" if request.param == "dark" else "light"
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())
    yield driver
    driver.quit()


def test_the_page_works(browser: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    def run(script: str) -> Any:
        return browser.execute_script(f"return {script}")

    # Curves of both runs, drawn, and of the colours that the scheme asks for.
    assert run("document.querySelectorAll('#chart-losses .scatterlayer .trace').length") == 4
    assert run("document.querySelectorAll('#chart-scores .scatterlayer .trace').length") == 2
    dark = run("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 24, 31)" if dark else "rgb(255, 255, 255)")

    # The slider moves by keyboard, and says where it is.
    slider, image = browser.find_element("id", "slider-0"), browser.find_element("id", "picture-0")
    last = image.get_attribute("src")
    slider.send_keys(Keys.ARROW_LEFT)
    assert browser.find_element("id", "step-0").text == "100"
    assert slider.get_attribute("aria-valuetext") == "step 100"
    assert image.get_attribute("src") != last
    assert image.get_attribute("alt").endswith("after step 100")
    assert browser.find_element("id", "step-1").text == "300"

    # The scale changes, and a zoom holds.
    button = browser.find_element("css selector", "button[data-chart=chart-losses]")
    button.send_keys(Keys.ENTER)
    assert run("document.getElementById('chart-losses').layout.yaxis.type") == "log"
    assert button.get_attribute("aria-pressed") == "true"
    run("Plotly.relayout('chart-losses', {'xaxis.range': [50, 100]})")
    assert run("document.getElementById('chart-losses').layout.xaxis.range") == [50, 100]

    # Nothing runs out of the window sideways, and nothing is fetched or complained of.
    assert run("document.documentElement.scrollWidth <= window.innerWidth")
    assert "Trained on 'sprites' in place of 'pokemon'" in browser.page_source
    assert run("performance.getEntriesByType('resource').filter("
               "each => each.name.startsWith('http')).length") == 0  # fmt: skip
    severe = [each for each in browser.get_log("browser") if each["level"] in ("SEVERE", "WARNING")]
    assert severe == []
