import type { ReactElement } from "react";

const paths = {
  plus: "M8 3v10M3 8h10",
  back: "M9.5 3.5 5 8l4.5 4.5",
  copy: "M5.5 5.5V3.5h7v7h-2M3.5 5.5h7v7h-7z",
  check: "m3.5 8.5 3 3 6-7",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  close: "m4 4 8 8M12 4l-8 8",
  retry: "M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3",
  expand: "m4.5 6 3.5 3.5L11.5 6",
  stop: "M4.5 4.5h7v7h-7z",
  play: "M5.5 3.5v9l7-4.5z",
  folder: "M2.5 12.5v-9H6l1.5 2h6v7z",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
  link: "M6.5 9.5l3-3M7 4.5l1-1a3.2 3.2 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1A3.2 3.2 0 0 1 3.5 8l1-1",
  download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13h10",
  upload: "M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13h10",
  rename: "M9.5 4 12 6.5M3 13l.6-3.1L10.5 3a1.2 1.2 0 0 1 1.8 0l.7.7a1.2 1.2 0 0 1 0 1.8L6.1 12.4z",
  folderPlus: "M2.5 12.5v-9H6l1.5 2h6v7zM8 7.2v3.6M6.2 9h3.6",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  chart: "M2.5 13.5h11M4.5 11V7M8 11V3M11.5 11V5.5",
  system: "M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3",
  light: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  dark: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
} as const;

/** A line drawing in the colour of the text around it; the text beside it carries the meaning. */
export function Icon({ name }: { name: keyof typeof paths }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
