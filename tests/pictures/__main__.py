"""Draw the pictures of the docs: `python -m tests.pictures [NAME ...]`.

Needs Chromium and ImageMagick (`chromium`, `convert`). Beside the pictures stands of
what they were made; a test fails when that would be something else today.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import tree
from tests.pictures import lookalike
from tests.pictures.scenes import SCENES, digests

FOLDER = tree.ROOT / "docs" / "pictures"
DIGESTS = FOLDER / "digests.json"

_CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1.6"),
    *("--default-background-color=17181dff", "--window-size=1200,1600"),
)
#: what there is of background around it is cut off; few colours make it small
_CONVERT = (
    *("-trim", "+repage", "-bordercolor", "#17181d", "-border", "16"),
    *("+dither", "-colors", "64", "-strip", "-define", "png:compression-level=9"),
)


def draw(name: str, folder: Path) -> None:
    """Make one picture."""
    scene = SCENES[name]()
    html, raw = folder / f"{name}.html", folder / f"{name}.png"
    html.write_text(lookalike.page(scene.columns, width=scene.width), "utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    subprocess.run(
        [*_CHROMIUM, profile, f"--screenshot={raw}", html.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    target = f"PNG8:{FOLDER / name}.png"
    subprocess.run(["convert", str(raw), *_CONVERT, target], check=True, timeout=60)
    print(f"{name}: {(FOLDER / f'{name}.png').stat().st_size / 1000:.0f} kB")


def main(names: list[str]) -> None:
    """Draw these, or all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        for name in names or SCENES:
            draw(name, Path(made))
    DIGESTS.write_text(json.dumps(digests(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
