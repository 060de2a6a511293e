"""Where Chromium is, and how it times the reviewer's page.

`python -m tests.chromium` installs it where that is allowed, and says what it found.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Notes the time from a form's submission to the frame that shows another case.
STOPWATCH = """() => {
  window.took = [];
  let since;
  addEventListener("submit", () => { since = performance.now(); }, true);
  new MutationObserver((changes) => {
    if (!changes.some((each) => [...each.addedNodes].some((node) => node.id === "stage"))) return;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.took.push(performance.now() - since);
      painted.port2.postMessage(0);
    });
  }).observe(document.getElementById("main"), { childList: true });
}"""
MISSING = "NO CHROMIUM WAS FOUND: THE BROWSER TESTS ARE LEFT OUT. Install it, or name it: CHROMIUM=/path/to/chromium"


def find_chromium() -> str | None:
    """The program named by CHROMIUM, else the first one found; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next(filter(None, (*map(shutil.which, NAMES), *(place for place in PLACES if Path(place).exists()))), None)


def is_required() -> bool:
    return os.environ.get("THINSLICE_REQUIRE_BROWSER") == "1"


def install() -> None:
    """Debian and Ubuntu, as root. The list of packages may be old or empty, so it is fetched first."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        if subprocess.run([*command, "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL).returncode != 0:
            return


def main() -> int:
    if find_chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests.", flush=True)
        install()
    found = find_chromium()
    print(f"Chromium: {found}" if found else MISSING, flush=True)
    return 1 if found is None and is_required() else 0


if __name__ == "__main__":
    sys.exit(main())
