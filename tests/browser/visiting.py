"""One page in a browser, and what is wrong with it: each measure returns sentences, none when all is well."""

from __future__ import annotations

from pathlib import Path

SMALLEST_TEXT = 11
HEIGHT = 800
PIXELS_PER_MM = 96 / 25.4
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

_NAME = """
const name = e => {
  const kind = e.tagName.toLowerCase() + (e.id ? '#' + e.id : '');
  return `<${kind} class="${e.getAttribute('class') || ''}"> ${e.textContent.trim().slice(0, 50)}`;
};
"""

_OVERFLOWS = f"""() => {{
  {_NAME}
  const found = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    found.push(`the page is ${{root.scrollWidth}} px wide in ${{root.clientWidth}} px`);
  for (const e of document.body.querySelectorAll(':not(svg *)')) {{
    const style = getComputedStyle(e);
    if (!e.checkVisibility() || e.clientWidth <= 1) continue;
    if (e.tabIndex >= 0 && ['auto', 'scroll'].includes(style.overflowX)) continue;
    if (e.scrollWidth > e.clientWidth + 1)
      found.push(`${{e.scrollWidth}} px in ${{e.clientWidth}} px: ${{name(e)}}`);
    if (style.overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1)
      found.push(`cut below: ${{name(e)}}`);
  }}
  return found;
}}"""

_SMALL_TEXT = f"""smallest => {{
  {_NAME}
  const found = new Map(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {{
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest('svg')) continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < smallest) found.set(name(e), `${{size}} px: ${{name(e)}}`);
  }}
  return [...found.values()];
}}"""

_REACHABLE = f"""() => {{
  {_NAME}
  const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const shown = [...document.querySelectorAll(all)].filter(e => e.checkVisibility() && !e.disabled);
  const first = e => e.type !== 'radio' || e.checked ||
    !document.querySelector(`input[type=radio][name="${{e.name}}"]:checked`) &&
    e === document.querySelector(`input[type=radio][name="${{e.name}}"]`);
  window.toReach = new Map(shown.filter(first).map(e => [e, name(e)]));
  return window.toReach.size;
}}"""

_FOCUSED = f"""() => {{
  {_NAME}
  const e = document.activeElement;
  if (!window.toReach.delete(e)) return '';
  const marked = s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none';
  const label = e.labels && e.labels[0];
  const visible = marked(getComputedStyle(e)) || (label && marked(getComputedStyle(label)));
  const box = (label || e).getBoundingClientRect();
  const inside = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
  return visible && inside ? '' : `no visible focus: ${{name(e)}}`;
}}"""


class Visit:
    """A file that was opened without a network; whatever it asks for is refused and noted.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    path : pathlib.Path
    width : int
        Of the window, in CSS pixels: 640 is what a window of 1280 has at a zoom of 200 %.
    scripts : bool
        Whether the page may run scripts.
    """

    def __init__(self, browser, path: Path, *, width: int = 1280, scripts: bool = True) -> None:
        self.refused: list[str] = []
        self.errors: list[str] = []
        self._context = browser.new_context(
            viewport={"width": width, "height": HEIGHT}, java_script_enabled=scripts
        )
        self.page = self._context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route("**/*", lambda route: self._answer(route, path.as_uri()))
        self.page.goto(path.as_uri(), wait_until="load")

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def _listen(self, message) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _answer(self, route, address: str) -> None:
        if route.request.url == address:
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def text(self) -> str:
        """Return the text as it is seen."""
        return self.page.inner_text("body")

    def barriers(self) -> list[str]:
        """Return what axe-core finds, and pictures whose text nbconvert made up."""
        from axe_playwright_python.sync_playwright import Axe

        options = {"runOnly": {"type": "tag", "values": AXE_RULES}, "resultTypes": ["violations"]}
        violations = Axe().run(self.page, options=options).response["violations"]
        found = [
            f"{violation['id']}: {violation['help']}: {node['html'][:120]}"
            for violation in violations
            for node in violation["nodes"]
        ]
        made_up = self.page.locator("img[alt^='No description has been provided']").count()
        return found + ["a picture has a made-up text"] * made_up

    def overflows(self) -> list[str]:
        """Return what is wider than its box, but for regions that scroll and that the keyboard reaches."""
        return self.page.evaluate(_OVERFLOWS)

    def overflows_on_paper(self, width: float) -> list[str]:
        """Return what is wider than its box on paper with so many millimetres between the margins.

        A browser makes a page that is too wide smaller as a whole, so that a PDF does not show it.
        """
        self.page.set_viewport_size({"width": int(width * PIXELS_PER_MM), "height": HEIGHT})
        self.page.emulate_media(media="print")
        return self.overflows()

    def small_text(self) -> list[str]:
        """Return texts too small to read."""
        return self.page.evaluate(_SMALL_TEXT, SMALLEST_TEXT)

    def out_of_reach(self) -> list[str]:
        """Return what the tab key does not reach, or reaches without a mark that is seen."""
        found = []
        for _ in range(self.page.evaluate(_REACHABLE) + 5):
            self.page.keyboard.press("Tab")
            found.append(self.page.evaluate(_FOCUSED))
        missed = self.page.evaluate("[...window.toReach.values()]")
        return [*filter(None, found), *(f"not reached: {name}" for name in missed)]

    def printed(self, paper: str) -> bytes:
        """Return the page as a PDF on paper of a format ("Letter", "A4")."""
        return self.page.pdf(format=paper, prefer_css_page_size=False, tagged=True, outline=True)
