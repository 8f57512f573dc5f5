// Markdown to safe HTML. Notes and files come from anybody, so everything that could run or load from elsewhere is taken
// out. Import it lazily: it brings two libraries.
import DOMPurify from "dompurify";
import { marked } from "marked";

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("rel", "noopener noreferrer nofollow");
    node.setAttribute("target", "_blank");
  }
});

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// HTML inside Markdown is shown as text. The sanitiser would take out what is dangerous, but only after parsing it, which
// the content security policy reports as an attempt.
marked.use({
  renderer: { html: ({ text }) => text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char) },
});

export function renderMarkdown(source: string): string {
  const html = marked.parse(source, { async: false, gfm: true });
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    // The style attribute is refused by the content security policy anyway; forms could imitate ours.
    FORBID_ATTR: ["style", "id", "name", "class"],
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "button",
      "select",
      "textarea",
      "img",
      "video",
      "audio",
      "picture",
    ],
  });
}
