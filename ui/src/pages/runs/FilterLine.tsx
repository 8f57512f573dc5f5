// The filter line: an input with coloured text behind it. The server checks what is typed; a
// mistake is underlined where it is, and the rows of the last good filter stay. A key that no run
// has is no mistake, but marked.
import { useEffect, useId, useImperativeHandle, useMemo, useRef, useState } from "react";
import { useParams } from "wouter";
import { ApiError, errorText } from "../../api/client";
import type { Fields } from "../../api/contract";
import { Icon } from "../../parts/Icon";
import {
  type Completion,
  checkFilter,
  complete,
  completions,
  lookAt,
  type Remark,
} from "./completion";
import css from "./FilterLine.module.css";
import { highlight, toUtf16 } from "./highlight";
import { useTokens } from "./useTokens";

const PAUSE_MS = 300;
/** Sooner than the table is asked for: whoever waits for an offer has stopped typing. */
const OFFER_MS = 120;

export function FilterLine({
  ref,
  applied,
  refusal,
  fields,
  onApply,
}: {
  ref: React.Ref<HTMLInputElement>;
  /** The filter that the rows answer. */
  applied: string;
  /** The server's answer when it refused the applied filter. */
  refusal: ApiError | undefined;
  fields: Fields | undefined;
  onApply: (filter: string) => void;
}) {
  const [text, setText] = useState(applied);
  const { id: experimentId = "" } = useParams<{ id: string }>();
  const [tokens, learn] = useTokens(text, applied, experimentId);
  const [problem, setProblem] = useState<Remark | undefined>();
  const [warnings, setWarnings] = useState<Remark[]>([]);
  const [offers, setOffers] = useState<Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const abort = useRef<AbortController | undefined>(undefined);
  const offerTimer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const offerAbort = useRef<AbortController | undefined>(undefined);
  const sent = useRef(applied);
  const id = useId();
  useImperativeHandle(ref, () => input.current as HTMLInputElement);

  // Changed from outside (Back, "Clear the filter"): take it over.
  useEffect(() => {
    if (applied === sent.current) return;
    sent.current = applied;
    setText(applied);
    setProblem(undefined);
    setWarnings([]);
  }, [applied]);
  useEffect(() => {
    if (!refusal) return;
    const span = refusal.span && toUtf16(sent.current, refusal.span);
    setProblem({ message: refusal.message, span });
  }, [refusal]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      abort.current?.abort();
      clearTimeout(offerTimer.current);
      offerAbort.current?.abort();
    },
    [],
  );

  const check = (value: string) => {
    clearTimeout(timer.current);
    abort.current?.abort();
    if (value.trim() === "") {
      sent.current = "";
      setProblem(undefined);
      onApply("");
      return;
    }
    const controller = new AbortController();
    abort.current = controller;
    checkFilter(value, experimentId, controller.signal).then(
      (checked) => {
        if (controller.signal.aborted) return;
        learn(value, checked.tokens);
        setProblem(checked.problem);
        setWarnings(checked.warnings);
        if (checked.problem) return;
        sent.current = value;
        onApply(value);
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const span =
          error instanceof ApiError && error.span ? toUtf16(value, error.span) : undefined;
        setProblem({ message: errorText(error), span });
      },
    );
  };

  const stopOffers = () => {
    clearTimeout(offerTimer.current);
    offerAbort.current?.abort();
    setOffers([]);
    setChosen(-1);
  };

  /** Keys are known here; for the rest, and for the colours, the server is asked once typing pauses. */
  const offer = (value: string, cursor: number) => {
    stopOffers();
    const known = completions(value, cursor, fields);
    setOffers(known);
    if (value.trim() === "") return;
    offerTimer.current = setTimeout(() => {
      const controller = new AbortController();
      offerAbort.current = controller;
      lookAt(value, cursor, experimentId, controller.signal).then(
        (seen) => {
          if (controller.signal.aborted) return;
          learn(value, seen.tokens);
          if (known.length === 0) setOffers(seen.offers);
        },
        // Without offers one can still write; what is wrong is told by the check.
        () => undefined,
      );
    }, OFFER_MS);
  };

  const change = (value: string, cursor: number) => {
    setText(value);
    setProblem(undefined);
    setWarnings([]);
    offer(value, cursor);
    clearTimeout(timer.current);
    abort.current?.abort();
    timer.current = setTimeout(() => check(value), PAUSE_MS);
  };

  const take = (taken: Completion) => {
    const { text: value, cursor } = complete(text, taken);
    change(value, cursor);
    requestAnimationFrame(() => input.current?.setSelectionRange(cursor, cursor));
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const picked = offers[chosen];
    if (event.key === "ArrowDown" && offers.length > 0) setChosen((chosen + 1) % offers.length);
    else if (event.key === "ArrowUp" && offers.length > 0)
      setChosen((chosen <= 0 ? offers.length : chosen) - 1);
    else if (event.key === "Tab" && !event.shiftKey && offers.length > 0 && text !== applied)
      take(picked ?? (offers[0] as Completion));
    else if (event.key === "Enter" && picked) take(picked);
    else if (event.key === "Enter") {
      stopOffers();
      check(text);
    } else if (event.key === "Escape") {
      if (offers.length === 0) input.current?.blur();
      stopOffers();
    } else return;
    event.preventDefault();
  };

  // While completions are offered the text is unfinished, and saying so would only be in the way.
  const shown = offers.length > 0 ? undefined : problem;
  const odd = useMemo(() => warnings.flatMap(({ span }) => (span ? [span] : [])), [warnings]);
  const pieces = useMemo(
    () => highlight(text, tokens, shown?.span, odd),
    [text, tokens, shown, odd],
  );
  const atEnd = shown?.span !== undefined && shown.span[0] >= text.length;
  let offset = 0;
  return (
    <div className={css.line}>
      <div className={`${css.frame} ${shown ? css.wrong : ""}`}>
        <div ref={layer} className={css.layer} aria-hidden="true">
          {pieces.map((piece) => {
            const key = offset;
            offset += piece.text.length;
            return (
              <span
                key={key}
                data-kind={piece.kind}
                className={`${css[piece.kind]} ${piece.bad ? css.bad : piece.odd ? css.odd : ""}`}
              >
                {piece.text}
              </span>
            );
          })}
          {atEnd && <span className={css.bad}> </span>}
        </div>
        <input
          ref={input}
          className={css.input}
          type="text"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={offers.length > 0}
          aria-controls={`${id}-offers`}
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-invalid={shown !== undefined}
          aria-describedby={`${id}-problem ${id}-warnings`}
          placeholder="Filter: metrics.loss < 0.1 and params.optimizer = 'adam'"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => change(event.target.value, event.target.selectionStart ?? 0)}
          onKeyDown={onKeyDown}
          onBlur={stopOffers}
          onScroll={(event) => {
            if (layer.current) layer.current.scrollLeft = event.currentTarget.scrollLeft;
          }}
        />
        {text !== "" && (
          <button
            type="button"
            className={css.clear}
            aria-label="Clear the filter"
            onClick={() => {
              change("", 0);
              check("");
              input.current?.focus();
            }}
          >
            <Icon name="close" size={12} />
          </button>
        )}
      </div>
      <p id={`${id}-problem`} className={css.problem} role="alert">
        {shown?.message}
      </p>
      <p id={`${id}-warnings`} className={css.warning} role="status">
        {offers.length === 0 && warnings.map(({ message }) => message).join(" ")}
      </p>
      <div id={`${id}-offers`} className={css.offers} role="listbox" aria-label="Completions">
        {offers.map((offer, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keyboard
          <div
            key={offer.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={css.offer}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(offer)}
          >
            <span>{offer.text}</span>
            <span className={css.hint}>{offer.hint}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
