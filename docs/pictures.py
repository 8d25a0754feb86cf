"""Take the README's pictures from the running app: `make pictures`.

A fresh server on an empty home folder, so that they show what a newcomer sees.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from app.router import laboratories, url_path
from resnet_core.experiments.presets import FOUR
from tests.browser.stage import ANSWERED, Stage

PICTURES = Path(__file__).resolve().parent.parent / "assets" / "pictures"
RECORDED = ",".join(f"paper-8000-{network.removeprefix('cifar/')}-seed-0" for network in FOUR)
CURVES = ".js-plotly-plot .scatterlayer .trace"
ESTIMATE = "[data-testid=stMetricValue]:has-text('≈')"  # of the time a run takes, once measured
# Of each picture: the page's address, the window's size, light or dark, what must be drawn.
SHOWN = {
    "puzzle": ("/", (1440, 900), "light", CURVES),
    "compare": (f"/compare?runs={RECORDED}&order=sorted", (1440, 1000), "light", CURVES),
    "train": ("/train", (1440, 1080), "light", ESTIMATE),
    "dark-korean": ("/?lang=ko", (1440, 900), "dark", CURVES),
    "ledger": ("/ledger", (1440, 1000), "light", ".stMarkdown"),
    "why": ("/why", (1440, 1000), "light", ".stMarkdown"),
    "phone": ("/", (390, 844), "light", CURVES),
}
# Each laboratory as it opens: with its recorded result.
SHOWN |= {
    f"labs/{name}": (f"/{url_path(name)}", (1440, 1300), "light", ".js-plotly-plot .main-svg")
    for name in laboratories()
}


def main() -> None:
    stage = Stage()
    (PICTURES / "labs").mkdir(exist_ok=True)
    try:
        server = stage.playground("pictures")
        for name, (address, (width, height), scheme, drawn) in SHOWN.items():
            context = stage.browser().new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            context.add_init_script(ANSWERED)
            page = context.new_page()
            page.goto(server.url + address)
            _settle(page, drawn)
            _write(PICTURES / f"{name}.png", page.screenshot())
            context.close()
    finally:
        stage.close()


def _write(path: Path, picture: bytes) -> None:
    """Write the picture with 256 colours, half as large; pages have few."""
    colours = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    colours.save(path, optimize=True)


def _settle(page: Page, drawn: str) -> None:
    """Wait for the heading, the picture, and for Streamlit to have come to rest."""
    page.wait_for_selector("h1", state="visible", timeout=60_000)
    page.wait_for_selector(drawn, state="attached", timeout=60_000)
    page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=60_000)
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
