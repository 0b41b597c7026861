type Rgb = readonly [number, number, number];

/** Grounds that accents stand on: `--surface` of each theme in tokens.css. */
const surfaces = { light: "#ffffff", dark: "#161d20" } as const;
const ink = "#0d1315";
const paper = "#ffffff";

/** WCAG asks 4.5 of text; the rest is for the tinted grounds that accents also stand on. */
const legible = 5.2;

/** Shades of one brand colour that are legible as text on a theme's surface and carry legible text themselves. */
export interface Accent {
  colour: string;
  onColour: string;
}

/** Moves a brand colour towards black or white, no further than legibility asks. */
export function accentFor(theme: "light" | "dark", brand: string): Accent {
  const ground = surfaces[theme];
  const towards = theme === "light" ? ink : paper;
  let colour = brand;
  for (let share = 0.05; contrast(colour, ground) < legible && share <= 1; share += 0.05) {
    colour = mix(brand, towards, share);
  }
  return { colour, onColour: contrast(colour, paper) >= contrast(colour, ink) ? paper : ink };
}

/** WCAG 2 contrast ratio of two `#rrggbb` colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function mix(colour: string, other: string, share: number): string {
  const from = channels(colour);
  const to = channels(other);
  const mixed = from.map((channel, index) => Math.round(channel + ((to[index] ?? 0) - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
