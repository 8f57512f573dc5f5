// The moment whose charts are drawn: undefined for now, else a position of the log or milliseconds since the epoch.
import { createContext } from "react";

export const Moment = createContext<number | undefined>(undefined);
