// Parser of text/event-stream, fed with text pieces of any size. Pure, so that it can be tested.

export interface ServerEvent {
  event: string;
  data: string;
  /** The last id seen on the stream so far, as the standard says. */
  id: string;
}

export class EventStreamParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";

  /** Takes the next piece and returns the events that it completed. */
  push(piece: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    let text = this.rest + piece;
    // A carriage return at the very end may be half of "\r\n": wait for the next piece.
    let held = "";
    if (text.endsWith("\r")) {
      held = "\r";
      text = text.slice(0, -1);
    }
    const lines = text.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + held;
    for (const line of lines) {
      const done = this.line(line);
      if (done) out.push(done);
    }
    return out;
  }

  private line(line: string): ServerEvent | undefined {
    if (line === "") {
      const { data, event } = this;
      this.data = [];
      this.event = "";
      if (data.length === 0) return undefined;
      return { event: event || "message", data: data.join("\n"), id: this.id };
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return undefined;
  }
}
