"""What is wrong with the layout of a page, whatever its fonts: what sticks out, is cut off, lies over a control or out of place."""

from playwright.sync_api import Page

# Each is one of a person's complaints: "I cannot see it all", "I cannot click it". Scrolled boxes may hold more than they show, and
# a text that ends in an ellipsis or that only screen readers are told is cut on purpose.
FIND = """
() => {
    const wrong = [];
    const SLACK = 1.5;
    const name = (element) => {
        const text = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40);
        return `${element.tagName.toLowerCase()}${element.getAttribute("role") ? `[${element.getAttribute("role")}]` : ""} "${text}"`;
    };
    const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const style = (element) => getComputedStyle(element);
    const above = function* (element) {
        for (let one = element.parentElement; one; one = one.parentElement) yield one;
    };
    const scrolls = (element, axis) => ["auto", "scroll"].includes(style(element)[`overflow${axis}`]);
    // For screen readers alone, or for the keyboard until it has the focus.
    const unseen = (element) => element.matches("a[href^='#']") || [element, ...above(element)].some((one) => {
        const { width, height } = one.getBoundingClientRect();
        return (style(one).position === "absolute" && width <= 1 && height <= 1) || style(one).clipPath !== "none";
    });
    const width = document.documentElement.clientWidth;
    const all = [...document.body.querySelectorAll("*")].filter((one) => shown(one) && !one.closest("svg, canvas, iframe") && !unseen(one));

    // Sticks out of the screen, or of the main part, which scrolls down and not sideways.
    const held = (element) => [...above(element)].some((one) => !one.matches("main") && scrolls(one, "X"));
    for (const element of all) {
        const box = element.getBoundingClientRect();
        if (box.width === 0 || held(element)) continue;
        const main = element.parentElement.closest("main");
        const from = main?.getBoundingClientRect().left ?? 0;
        const to = from + (main?.clientWidth ?? width);
        if (box.left < from - SLACK || box.right > to + SLACK)
            wrong.push(`${name(element)} lies from ${Math.round(box.left)} to ${Math.round(box.right)}, not from ${from} to ${to}`);
    }

    // Is cut off: a text in a box that hides the rest without saying so.
    for (const element of all) {
        const { overflowX, overflowY, textOverflow, webkitLineClamp } = style(element);
        const texts = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
        if (!texts || element.matches("input, textarea, select")) continue;
        if (overflowX === "hidden" && textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + SLACK)
            wrong.push(`${name(element)} is cut off at ${element.clientWidth} of ${element.scrollWidth} pixels`);
        if (overflowY === "hidden" && webkitLineClamp === "none" && element.scrollHeight > element.clientHeight + 4)
            wrong.push(`${name(element)} is cut off at ${element.clientHeight} of ${element.scrollHeight} pixels in height`);
    }

    // Cannot be reached by the pointer.
    const controls = all.filter((one) => one.matches("a[href], button, input, select, textarea, summary, [role=slider]"));
    for (const control of controls.slice(0, 250)) {
        let over;
        // Beside columns that stay, the middle may be no place to scroll to.
        const found = ["center", "end", "start"].some((inline) => {
            control.scrollIntoView({ block: "center", inline, behavior: "instant" });
            return [...control.getClientRects()].some((box) => {
                over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                return over && (control.contains(over) || over.closest("label")?.control === control);
            });
        });
        if (!found) wrong.push(`${name(control)} is covered by ${over ? name(over) : "nothing on the screen"}`);
    }
    window.scrollTo(0, 0);

    // Parts in their places.
    const box = (element) => element.getBoundingClientRect();
    const apart = (a, b) => a.right <= b.left + SLACK || b.right <= a.left + SLACK || a.bottom <= b.top + SLACK || b.bottom <= a.top + SLACK;
    const [main, ...others] = all.filter((one) => one.matches("main"));
    if (!main || others.length > 0) return [...wrong, `the page has ${others.length + (main ? 1 : 0)} main parts`];
    const heads = all.filter((one) => one.matches("h1"));
    if (heads.length !== 1 || !main.contains(heads[0])) wrong.push(`the main part has ${heads.length} titles: ${heads.map(name)}`);
    for (const part of document.querySelectorAll("nav[aria-label=Main], header[role=banner], body header:not(main header)"))
        if (shown(part) && style(part).position !== "fixed" && !apart(box(part), box(main)))
            wrong.push(`${name(part)} and the main part overlap`);
    return wrong;
}
"""


def layout_faults(page: Page) -> list[str]:
    return list(dict.fromkeys(page.evaluate(FIND)))
