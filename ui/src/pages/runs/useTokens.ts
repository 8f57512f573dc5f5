// The tokens of a filter that is being typed: those that the server told last, carried over to what has been typed since.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { lookAt } from "./completion";
import { carry, type Tokens } from "./highlight";

interface Known {
  text: string;
  tokens: Tokens;
}

const NOTHING: Known = { text: "", tokens: [] };

/** `applied` is a filter from elsewhere, such as the address, of which the server has to be asked first. */
export function useTokens(
  text: string,
  applied: string,
  experimentId: string,
): [tokens: Tokens, learn: (text: string, tokens: Tokens) => void] {
  const [known, setKnown] = useState(NOTHING);
  const latest = useRef(known);
  const learn = useCallback((seen: string, tokens: Tokens) => {
    latest.current = { text: seen, tokens };
    setKnown(latest.current);
  }, []);
  useEffect(() => {
    if (applied === "" || latest.current.text === applied) return;
    const abort = new AbortController();
    lookAt(applied, applied.length, experimentId, abort.signal).then(
      ({ tokens }) => {
        if (!abort.signal.aborted) learn(applied, tokens);
      },
      // Without colours it can be read too.
      () => undefined,
    );
    return () => abort.abort();
  }, [applied, experimentId, learn]);
  const tokens = useMemo(() => carry(known.tokens, known.text, text), [known, text]);
  return [tokens, learn];
}
