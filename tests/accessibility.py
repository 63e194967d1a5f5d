"""What stands in anybody's way on a page, as axe-core sees it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults(page: Page) -> list[str]:
    """Every rule that is broken, with the first element that breaks it; none where the page is for everybody.

    The page is waited for: before its styles are there, its colours are not its own.
    """
    page.wait_for_load_state("load")
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}" for one in found]
