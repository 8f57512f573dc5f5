// Shows Markdown. Until its renderer is there the text itself is shown.
import { useEffect, useState } from "react";
import css from "./Markdown.module.css";

export function Markdown({ source }: { source: string }) {
  const [html, setHtml] = useState<{ source: string; html: string } | null>(null);
  useEffect(() => {
    let wanted = true;
    import("./markdown-render").then(({ renderMarkdown }) => {
      if (wanted) setHtml({ source, html: renderMarkdown(source) });
    });
    return () => {
      wanted = false;
    };
  }, [source]);
  if (html?.source !== source) return <pre className={css.plain}>{source}</pre>;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised in markdown-render.ts
  return <div className={css.markdown} dangerouslySetInnerHTML={{ __html: html.html }} />;
}
