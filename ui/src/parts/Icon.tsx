// The icons, as paths on a 16-pixel grid drawn with the colour of the text around them.
const paths = {
  experiments: "M6 2h4M7 2v4L3 13a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1L9 6V2M5 10h6",
  activity: "M1.5 8h3l2-5 3 10 2-5h3",
  operations: "M2.5 13.5v-5M6.2 13.5v-9M9.8 13.5v-7M13.5 13.5v-11",
  settings:
    "M8 5.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4l3.4 3.4",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1.5M8 13.500v1.5M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  copy: "M5.500 5.500h8v8h-8zM3 10.500h-.500v-8h8V3",
  check: "M3 8.500l3.500 3.500L13 4.500",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  download: "M8 2v8M4.500 7L8 10.500 11.500 7M3 13.500h10",
  upload: "M8 11V3M4.500 6L8 2.500 11.500 6M3 13.500h10",
  trash: "M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.5 9h6l.5-9",
  restore: "M3 7a5.200 5.200 0 1 1 .8 4M3 3.500V7h3.500",
  pencil: "M3 13l.7-3L10.500 3.200l2.300 2.300L6 12.300z",
  pin: "M6 2.500h4l-.5 4 2 2.500h-7l2-2.500zM8 9v4.500",
  columns: "M2 3h12v10H2zM6 3v10M10 3v10",
  rows: "M2.500 3.500h11M2.500 8h11M2.500 12.500h11",
  compare: "M5 2.500v11M11 2.500v11M2.500 5h5M8.500 10h5",
  warning: "M8 2.500l6 11H2zM8 6.500v3.500M8 12h.01",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  folder: "M2 4h4l1.500 1.500H14V13H2z",
  model:
    "M8 1.800l5.500 3.100v6.200L8 14.200l-5.500-3.100V4.900zM2.500 4.900L8 8l5.500-3.100M8 8v6.200M5.250 3.350l5.500 3.100",
  chart: "M2 2.500v11h12M4.500 10l3-3.500 2.500 2L14 4",
  flask: "M6 2h4M7 2v4L3 13a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1L9 6V2",
  share: "M9.500 2.500h4v4M13.500 2.500L8 8M6.500 3H3v10h10V9.500",
  code: "M5.500 4.500L2 8l3.500 3.500M10.500 4.500L14 8l-3.500 3.500",
  external: "M9 3h4v4M13 3L7.500 8.500M11 9v4H3V5h4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.2 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
