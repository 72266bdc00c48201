"""Pictures of the page: `python -m tests.page.pictures` makes the one of the README, and
`python -m tests.page.pictures DIR` every view, in both themes and at a phone's width.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect

from tests.end_to_end.conftest import ROOT, House
from tests.page.browser import PHONE, WIDE, Window, browser, window
from tests.page.stage import Stage, prepare

README = ROOT / "docs" / "page.png"


def routes(stage: Stage) -> dict[str, str]:
    ids = stage.ids
    return {
        "home": "/",
        "terminal": f"/session/{ids['Dim the lantern at night']}",
        "changes": f"/session/{ids['Dim the lantern at night']}/changes",
        "agent": f"/session/{ids['Wick that trims itself']}",
        "conversation": f"/session/{ids['Say what a lantern weighs']}/worker/talk",
        "prose": f"/session/{ids['Compare two lamps']}",
        "permissions": "/permissions",
        "status": "/status",
        "trash": "/trash",
    }


def all_views(shown: Window, stage: Stage, place: Path, name: str) -> None:
    page = shown.page
    for view, route in routes(stage).items():
        shown.go(route)
        expect(page.locator("main")).not_to_contain_text("Looking…")
        page.wait_for_timeout(600)
        page.screenshot(path=place / f"{name}-{view}.png")
    prompts(shown, stage, place, name)
    for keys, view in (("c", "new"), ("?", "help"), ("Control+k", "palette")):
        page.locator("body").evaluate("body => document.activeElement.blur()")
        page.keyboard.press(keys)
        page.wait_for_timeout(200)
        page.screenshot(path=place / f"{name}-{view}.png")
        page.keyboard.press("Escape")


def prompts(shown: Window, stage: Stage, place: Path, name: str) -> None:
    """One that waits, since the agent asks, and the same once it was taken back."""
    shown.go(routes(stage)["agent"])
    shown.button("Prompt").click()
    box = shown.page.get_by_label("Prompt for rover")
    box.fill("Go on with the wick,\nand say when it is done.")
    shown.button("Send").click()
    expect(box).to_have_value("")
    box.fill("And then the glass.")
    shown.page.screenshot(path=place / f"{name}-prompt.png")
    shown.button("Take back").click()
    expect(shown.button("Write again")).to_be_visible()
    shown.page.screenshot(path=place / f"{name}-taken-back.png")


def of_readme(started: Browser, stage: Stage, house: House, url: str, path: Path) -> None:
    shown = window(
        started,
        house.data,
        url,
        color_scheme="dark",
        device_scale_factor=2,
        viewport={"width": 1180, "height": 720},
    )
    shown.open(routes(stage)["conversation"])
    expect(shown.page.get_by_role("button", name="Allow", exact=True)).to_be_visible()
    shown.page.wait_for_timeout(500)
    shown.page.screenshot(path=path)


def main() -> None:
    with TemporaryDirectory(prefix="lantern-") as home, browser() as started:
        house = House(Path(home) / "data", Path(home))
        prepare(house)
        house.run("start")
        try:
            url = house.wait(lambda: house.status()["http"]["url"], "the page")
            stage = Stage(house).fill()
            if sys.argv[1:]:
                place = Path(sys.argv[1])
                place.mkdir(exist_ok=True)
                for theme in ("dark", "light"):
                    for name, viewport in (("wide", WIDE), ("phone", PHONE)):
                        shown = window(
                            started, house.data, url, color_scheme=theme, viewport=viewport
                        )
                        all_views(shown.open(), stage, place, f"{name}-{theme}")
                        sys.stdout.write(f"{name} {theme}: {shown.problems}\n")
            else:
                of_readme(started, stage, house, url, README)
        finally:
            house.run("stop", expect=None)


if __name__ == "__main__":
    main()
