// Copying to the clipboard, with the answer on the button itself.
import { useEffect, useState } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** Works without the clipboard API too: plain HTTP on a company network has none. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("The browser refused to copy");
}

export function Copy({
  text,
  label,
  kind = "quiet",
  size = "small",
}: {
  text: string;
  /** Shown on the button; without it only the icon is. */
  label?: string;
  kind?: "normal" | "primary" | "quiet";
  size?: "normal" | "small";
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      kind={kind}
      size={size}
      aria-label={label ? undefined : copied ? "Copied" : "Copy"}
      title={label ? undefined : "Copy"}
      onClick={() =>
        copyText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        )
      }
    >
      <Icon name={copied ? "check" : "copy"} size={14} />
      {label && (copied ? "Copied" : label)}
    </Button>
  );
}
